/**
 * Kernel modules of the ephemeral OS: what a server needs to be seen, reached and written to. What these need in turn is
 * added from modules.dep. Left out: sound, graphics, media, wireless, and everything that only an installed OS uses.
 */
const wanted: readonly RegExp[] = [
  /^arch\/x86\/crypto\//,
  /^crypto\//,
  /^drivers\/(ata|block|cdrom|edac|md|message|mmc|nvdimm|nvme|nvmem|scsi|ufs|virtio)\//,
  /^drivers\/char\/(ipmi|tpm|hw_random)\//,
  /^drivers\/hid\/(hid|hid-generic|usbhid\/usbhid)\.ko$/,
  /^drivers\/hv\//,
  /^drivers\/input\/serio\//,
  /^drivers\/net\/(ethernet|hyperv|mdio|phy|usb|vmxnet3|fjes)\//,
  /^drivers\/net\/(mii|net_failover|virtio_net|xen-netfront|tap|tun)\.ko$/,
  /^drivers\/net\/bonding\//,
  /^drivers\/pci\//,
  /^drivers\/usb\/(common|core|host|storage|typec)\//,
  /^drivers\/usb\/class\/cdc-acm\.ko$/,
  /^drivers\/virt\//,
  /^drivers\/xen\//,
  /^fs\/(ext4|jbd2|fat|xfs|efivarfs|squashfs|overlayfs|isofs|btrfs)\//,
  /^fs\/nls\/nls_(ascii|cp437|iso8859-1|utf8)\.ko$/,
  /^net\/(8021q|802|packet)\//,
];

/** Large, and of no use to an installer: their hardware works without them, or is none that boots servers. */
const unwanted: readonly RegExp[] = [
  /\/(tests?|pcmcia)\//,
  /^drivers\/md\/(bcache|dm-vdo|dm-(cache|clone|dust|ebs|era|flakey|integrity|log-writes|switch|unstripe|verity|writecache|zero|zoned)|persistent-data\/.*test)/,
  /^drivers\/block\/(drbd|aoe|rnbd|zram|nbd|rbd|pktcdvd)/,
  /^drivers\/scsi\/(pcmcia|bfa|bnx2fc|scsi_debug|cxgbi|fcoe|qedf)/,
  /^drivers\/net\/ethernet\/(fujitsu|micrel|8390|smsc)\//,
  /^drivers\/scsi\/device_handler\/test/,
];

/**
 * The closed set of modules to keep.
 *
 * @param dependencies content of modules.dep: `kernel/a.ko: kernel/b.ko kernel/c.ko`
 * @returns paths relative to the module folder, sorted
 */
export function selectModules(dependencies: string): string[] {
  const needs = new Map<string, string[]>();
  for (const line of dependencies.split('\n')) {
    const [module, rest] = line.split(':');
    if (module !== undefined && rest !== undefined) needs.set(module, rest.split(' ').filter(Boolean));
  }
  const selected = new Set<string>();
  for (const [module, required] of needs) {
    const path = module.replace(/^kernel\//, '');
    if (!wanted.some((pattern) => pattern.test(path))) continue;
    if (unwanted.some((pattern) => pattern.test(path))) continue;
    selected.add(module);
    for (const name of required) selected.add(name);
  }
  return [...selected].sort();
}
