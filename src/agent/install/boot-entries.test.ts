import { describe, expect, it } from 'vitest';
import { parseBootEntries, planBootOrder, staleEntries } from './boot-entries.ts';

const shown = `BootCurrent: 0001
Timeout: 0 seconds
BootOrder: 0005,0000,0001,0002,0009
Boot0000* UiApp\tFvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21)
Boot0001* UEFI PXEv4 (MAC:525400123456)\tPciRoot(0x0)/Pci(0x2,0x0)/MAC(525400123456,1)/IPv4(0.0.0.0)
Boot0002* UEFI HTTPv4 (MAC:525400123456)\tPciRoot(0x0)/Pci(0x2,0x0)/MAC(525400123456,1)/IPv4(0.0.0.0)/Uri()
Boot0004* Metalwright debian 11\tHD(2,GPT,6d770c12)/File(\\EFI\\BOOT\\BOOTX64.EFI)
Boot0005* Metalwright debian 12\tHD(2,GPT,6d770c12)/File(\\EFI\\BOOT\\BOOTX64.EFI)
`;

describe("the firmware's boot entries", () => {
  it('are read with label and path', () => {
    const { order, entries } = parseBootEntries(shown);
    expect(order).toEqual(['0005', '0000', '0001', '0002', '0009']);
    expect(entries[1]).toEqual({
      id: '0001',
      label: 'UEFI PXEv4 (MAC:525400123456)',
      path: 'PciRoot(0x0)/Pci(0x2,0x0)/MAC(525400123456,1)/IPv4(0.0.0.0)',
    });
  });

  it('are tried network first, then ours, then the rest; what does not exist is dropped', () => {
    expect(planBootOrder(parseBootEntries(shown))).toEqual(['0001', '0002', '0005', '0000']);
  });

  it('of earlier installs are known', () => {
    expect(staleEntries(parseBootEntries(shown))).toEqual(['0004', '0005']);
  });

  it('may be none', () => {
    expect(planBootOrder(parseBootEntries('BootCurrent: 0000\n'))).toEqual([]);
  });
});
