import { dpkgOptions, initramfsModules } from './packages.ts';

/** Labels and identifiers by which the loader and fstab find the file systems: fixed, so that builds are alike. */
export const rootUuid = '6d770c12-0d1b-4f2a-9c58-7f1a2b3c4d5e';
export const espId = '4D57-0C12';

/** A kernel would take the clock of an emulated machine on a busy computer for broken, were it to check the timer. */
const kernelArguments = 'console=tty0 console=ttyS0,115200 quiet systemd.show_status=auto no_timer_check';

const cloudConfig = `# Metalwright's sample image.
datasource_list: [NoCloud, None]
disable_root: true
ssh_deletekeys: true
ssh_genkeytypes: [ed25519, ecdsa]
preserve_hostname: false
manage_etc_hosts: true
locale: C.UTF-8
apt:
  preserve_sources_list: true
system_info:
  distro: debian
  default_user:
    name: debian
    gecos: Debian
    groups: [adm, dialout, sudo]
    shell: /bin/bash
    lock_passwd: true
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
  network:
    renderers: [netplan]
    activators: [netplan]
# The modules that a seed may use. Those for other people's configuration managers are left out, and what is usually a
# stage of its own ("config") is done in the one before: each costs boot time.
cloud_init_modules:
  - [seed_random, once-per-instance]
  - bootcmd
  - write_files
  - growpart
  - resizefs
  - disk_setup
  - mounts
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca_certs
  - users_groups
  - ssh
  - ssh_import_id
  - locale
  - set_passwords
  - apt_configure
  - ntp
  - timezone
  - runcmd
cloud_config_modules: []
cloud_final_modules:
  - package_update_upgrade_install
  - write_files_deferred
  - scripts_vendor
  - scripts_per_once
  - scripts_per_boot
  - scripts_per_instance
  - scripts_user
  - phone_home
  - final_message
  - power_state_change
`;

/** Files of the image's root that no package brings. A path that ends with a slash would be a folder; there is none. */
export const rootFiles: Readonly<Record<string, string>> = {
  'etc/fstab': `UUID=${rootUuid} / ext4 defaults,errors=remount-ro 0 1\nUUID=${espId} /boot/efi vfat umask=0077,nofail,x-systemd.automount 0 0\n`,
  'etc/hostname': 'debian\n',
  'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 debian\n::1 localhost ip6-localhost ip6-loopback\n',
  'etc/default/grub': `GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="${kernelArguments}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
`,
  'etc/cloud/cloud.cfg.d/90_metalwright.cfg': cloudConfig,
  'etc/ssh/sshd_config.d/10-metalwright.conf':
    'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin no\nUseDNS no\n',
  'etc/initramfs-tools/initramfs.conf':
    'MODULES=list\nBUSYBOX=auto\nCOMPRESS=zstd\nCOMPRESSLEVEL=19\nFSTYPE=ext4\nDEVICE=\nRUNSIZE=10%\n',
  'etc/initramfs-tools/modules': `${initramfsModules.join('\n')}\n`,
  'etc/dpkg/dpkg.cfg.d/50metalwright': `${dpkgOptions.join('\n')}\n`,
  'etc/apt/apt.conf.d/50metalwright': 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
  // cloud-init asks for nothing but "netplan generate": the generator itself answers ten times sooner than its Python front.
  'usr/local/sbin/netplan': `#!/bin/sh
[ "$*" = generate ] && exec /usr/libexec/netplan/generate
exec /usr/sbin/netplan "$@"
`,
  'etc/systemd/system.conf.d/50-metalwright.conf': '[Manager]\nDefaultTimeoutStopSec=20s\n',
  'etc/systemd/journald.conf.d/50-metalwright.conf': '[Journal]\nSystemMaxUse=100M\n',
};

/** The menu that both loaders read until the OS itself writes a new one with update-grub. */
export function grubConfig(kernel: string, initrd: string): string {
  return `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=0
search --no-floppy --fs-uuid --set=root ${rootUuid}
menuentry "Debian GNU/Linux" {
  linux /boot/${kernel} root=UUID=${rootUuid} ro ${kernelArguments}
  initrd /boot/${initrd}
}
`;
}

/** What a loader that is outside the root looks for first: where the menu is. */
export const findMenu = `search --no-floppy --fs-uuid --set=root ${rootUuid}
set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
`;

/** Timers and services that only take time from a machine that has just been installed, or do nothing here. */
export const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'man-db.timer',
  'cloud-config.service',
  'cloud-init-hotplugd.socket',
  'systemd-binfmt.service',
];
