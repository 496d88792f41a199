/** What the sample OS has beyond Debian's essential packages. */
export const packages: readonly string[] = [
  'apt-utils',
  'ca-certificates',
  'cloud-guest-utils',
  'cloud-init',
  'dbus',
  'fdisk',
  'grub2-common',
  'initramfs-tools',
  'iproute2',
  'iputils-ping',
  'less',
  'linux-image-amd64',
  'netplan.io',
  'openssh-server',
  'procps',
  'sudo',
  'systemd-resolved',
  'systemd-sysv',
  'systemd-timesyncd',
  'udev',
  'vim-tiny',
  'zstd',
];

/** Where the boot loaders come from. They are unpacked beside the image, not installed in it. */
export const loaderPackages: readonly string[] = [
  'grub-common',
  'grub-efi-amd64-bin',
  'grub-efi-amd64-signed',
  'grub-pc-bin',
  'shim-signed',
];

/** What dpkg leaves out, now and at every upgrade: no server plays sound, and documents are read elsewhere. */
export const dpkgOptions: readonly string[] = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  ...[
    'sound',
    'drivers/media',
    'drivers/gpu/drm/amd',
    'drivers/gpu/drm/i915',
    'drivers/gpu/drm/nouveau',
    'drivers/gpu/drm/radeon',
    'drivers/net/wireless',
    'drivers/staging',
    'drivers/iio',
    'drivers/comedi',
    'drivers/bluetooth',
    'drivers/isdn',
    'net/bluetooth',
    'net/mac80211',
    'net/wireless',
  ].map((folder) => `path-exclude=/lib/modules/*/kernel/${folder}/*`),
];

/** Drivers in the initrd: what a root disk may hang on. The rest is loaded from the disk. */
export const initramfsModules: readonly string[] = [
  ...['ahci', 'ata_piix', 'ata_generic', 'sd_mod', 'nvme', 'virtio_blk', 'virtio_pci', 'virtio_scsi'],
  ...['megaraid_sas', 'mpt3sas', 'hpsa', 'smartpqi', 'aacraid', 'arcmsr', 'mvsas', 'isci', 'vmd'],
  ...[
    'xhci_pci',
    'ehci_pci',
    'uas',
    'usb_storage',
    'vmw_pvscsi',
    'hv_storvsc',
    'xen_blkfront',
    'mptsas',
    'mptspi',
  ],
  ...['ext4', 'crc32c_generic', 'crc32c_intel', 'mmc_block', 'sdhci_pci', 'sdhci_acpi'],
];
