#!/bin/sh
# Copies what boots machines from where Debian's packages put it, and nothing else of them. Usage: collect-loaders.sh FOLDER
set -eu
to=$1
take() {
  for path in "$@"; do
    if [ -e "/usr/lib/$path" ]; then
      mkdir -p "$to/$(dirname "$path")"
      cp -L "/usr/lib/$path" "$to/$path"
    else
      echo "not there, so machines that need it cannot boot: /usr/lib/$path" >&2
    fi
  done
}
take ipxe/undionly.kpxe ipxe/snponly.efi ipxe/snponly-arm64.efi
take shim/shimx64.efi.signed grub/x86_64-efi-signed/gcdx64.efi.signed grub/x86_64-efi/monolithic/gcdx64.efi
take shim/shimaa64.efi.signed grub/arm64-efi-signed/gcdaa64.efi.signed grub/arm64-efi/monolithic/gcdaa64.efi
take ISOLINUX/isolinux.bin syslinux/modules/bios/ldlinux.c32
for package in ipxe isolinux syslinux-common grub-efi-amd64-bin grub-efi-amd64-signed shim-signed; do
  if [ -e "/usr/share/doc/$package/copyright" ]; then
    mkdir -p "$to/metalwright/licences" && cp "/usr/share/doc/$package/copyright" "$to/metalwright/licences/$package"
  fi
done
# The first loaders are what every machine needs.
test -s "$to/ipxe/undionly.kpxe" && test -s "$to/ipxe/snponly.efi"
