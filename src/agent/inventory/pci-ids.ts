/** Names of PCI devices, from the file pci.ids that Debian ships. */
export interface PciNames {
  vendor(vendorId: string): string | undefined;
  device(vendorId: string, deviceId: string): string | undefined;
}

/**
 * Reads pci.ids: `vvvv  Vendor`, then its devices as `<TAB>dddd  Device`. Only the vendors that are asked for are kept: the
 * file has 35,000 lines.
 *
 * @param wanted vendor ids, four lower-case hex digits
 */
export function parsePciIds(text: string, wanted: ReadonlySet<string>): PciNames {
  const vendors = new Map<string, { name: string; devices: Map<string, string> }>();
  for (const id of wanted) {
    const start = text.startsWith(`${id}  `) ? 0 : text.indexOf(`\n${id}  `) + 1;
    if (start === 0 && !text.startsWith(`${id}  `)) continue;
    const devices = new Map<string, string>();
    let at = text.indexOf('\n', start);
    const name = text.slice(start + 6, at === -1 ? undefined : at);
    // Comments stand between the devices of a vendor, too.
    while (at !== -1 && (text[at + 1] === '\t' || text[at + 1] === '#')) {
      const end = text.indexOf('\n', at + 1);
      const line = text.slice(at + 1, end === -1 ? undefined : end);
      if (/^\t[0-9a-f]/.test(line)) devices.set(line.slice(1, 5), line.slice(7));
      at = end;
    }
    vendors.set(id, { name, devices });
  }
  return {
    vendor: (vendorId) => vendors.get(vendorId)?.name,
    device: (vendorId, deviceId) => vendors.get(vendorId)?.devices.get(deviceId),
  };
}
