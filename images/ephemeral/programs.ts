/** Debian packages that the ephemeral OS takes files from. They are unpacked, never installed: no maintainer script runs. */
export const packages: readonly string[] = [
  'busybox-static',
  'dropbear-bin',
  'e2fsprogs',
  'efibootmgr',
  'fdisk',
  'firmware-bnx2',
  'firmware-bnx2x',
  'firmware-misc-nonfree',
  'firmware-qlogic',
  'firmware-realtek',
  'ipmitool',
  'kmod',
  'libstdc++6',
  'linux-image-amd64',
  'lvm2',
  'mdadm',
  'nvme-cli',
  'openssh-sftp-server',
  'pci.ids',
  'smartmontools',
  'tcpdump',
  'udev',
  'util-linux',
  'xfsprogs',
];

/** Programs that are copied with the libraries that they load. Everything else a shell needs is busybox. */
export const programs: readonly string[] = [
  'bin/kmod',
  'bin/lsblk',
  'bin/udevadm',
  'lib/udev/ata_id',
  'lib/udev/cdrom_id',
  'lib/udev/scsi_id',
  'sbin/blkdiscard',
  'sbin/blkid',
  'sbin/blockdev',
  'sbin/e2fsck',
  'sbin/lvm',
  'sbin/mdadm',
  'sbin/resize2fs',
  'sbin/sfdisk',
  'sbin/wipefs',
  'bin/efibootmgr',
  'usr/bin/dropbearkey',
  'usr/lib/openssh/sftp-server',
  'usr/bin/ipmitool',
  'usr/bin/tcpdump',
  'usr/sbin/dropbear',
  'usr/sbin/nvme',
  'usr/sbin/smartctl',
  'usr/sbin/xfs_growfs',
  'usr/sbin/xfs_io',
];

/** udev rules: naming of disks and network cards, and loading of modules. No input, sound, video or seat rules. */
export const udevRules: readonly string[] = [
  '50-firmware.rules',
  '50-udev-default.rules',
  '60-block.rules',
  '60-persistent-storage.rules',
  '75-net-description.rules',
  '80-drivers.rules',
  '80-net-setup-link.rules',
];

/** Firmware files of network and storage cards that do not work without them. */
export const firmware: readonly RegExp[] = [
  /^bnx2\//,
  /^bnx2x\//,
  /^intel\/ice\//,
  /^qed\//,
  /^ql2[0-9]{3}_fw\.bin$/,
  /^rtl_nic\//,
  /^tigon\//,
];
