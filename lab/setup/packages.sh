# shellcheck shell=bash
# Debian packages.

BASE_PACKAGES=(ca-certificates curl)

ALL_PACKAGES=(
  "${BASE_PACKAGES[@]}" openssl iproute2 procps util-linux kmod unzip
  # the laboratory: etcd, virtual machines, their firmware, virtual BMCs, SSH to what was installed
  etcd-server qemu-system-x86 qemu-utils seabios ipxe-qemu ovmf libvirt-daemon-system libvirt-clients
  python3 python3-venv python3-libvirt openssh-client
  # the rack's boot loaders, and those of virtual media
  ipxe isolinux syslinux-common grub-efi-amd64-bin
  # images
  mmdebstrap zstd cpio xz-utils fdisk e2fsprogs dosfstools mtools squashfs-tools binutils
  # peers that the tests speak with
  isc-dhcp-client isc-dhcp-relay python3-scapy kea-admin dnsmasq-base tftp-hpa atftp busybox nftables ipmitool openipmi tcpdump snmpd snmp
  # the browser test of the web UI, with a font
  chromium fonts-dejavu-core
)

# A server that the tests start themselves.
SERVER_PACKAGES=(postgresql)

# Peers that only the benchmarks measure against; the clients among them are in the list above.
BENCH_PACKAGES=(kea-dhcp4-server kea-admin dnsmasq-base tftpd-hpa curl nginx-light)

# A real node, and the image that runs on it.
IMAGE_PACKAGES=(buildah mmdebstrap ca-certificates openssh-client)
EMULATION_PACKAGES=(qemu-user-static arch-test)
NODE_PACKAGES=(containerd runc containernetworking-plugins nftables iptables conntrack dnsmasq-base)

ensure_base_packages() { ensure_packages "${BASE_PACKAGES[@]}"; }
ensure_all_packages() {
  ensure_packages "${ALL_PACKAGES[@]}"
  APT_WRAPPER=without_services ensure_packages "${SERVER_PACKAGES[@]}"
}
ensure_image_packages() { APT_WRAPPER=without_services ensure_packages "${IMAGE_PACKAGES[@]}"; }
ensure_emulation_packages() { APT_WRAPPER=without_services ensure_packages "${EMULATION_PACKAGES[@]}"; }
ensure_node_packages() { APT_WRAPPER=without_services ensure_packages "${NODE_PACKAGES[@]}"; }
ensure_bench_packages() { APT_WRAPPER=without_services ensure_packages "${BENCH_PACKAGES[@]}"; }

# Installs those of the packages that are missing, in one go; where it may not, says which they are.
ensure_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian or Ubuntu machine: the equivalents of these packages have to be there already: $*"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return
  is_root || fail "these packages are missing, and only root may install them: apt-get install ${missing[*]}"
  step apt "installing ${#missing[@]} packages: ${missing[*]}" install_packages "${missing[@]}"
}

missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "$@" 2>/dev/null | awk '$2 == "ii" { print $1 }' || true)
  for package in "$@"; do
    grep -qxF "$package" <<<"$installed" || echo "$package"
  done
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -y -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 --no-install-recommends)
  "${apt[@]}" update &&
    ${APT_WRAPPER:-} "${apt[@]}" install "$@"
}

# Packages start their servers when they are installed; the benchmarks start their own, in namespaces.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return $status
}
