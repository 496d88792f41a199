import { describe, expect, it } from 'vitest';
import { ownEntry, parseBootEntries, planBootOrder, staleEntries } from './boot-entries.ts';

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
    const { order, current, entries } = parseBootEntries(shown);
    expect(order).toEqual(['0005', '0000', '0001', '0002', '0009']);
    expect(current).toBe('0001');
    expect(entries[1]).toEqual({
      id: '0001',
      label: 'UEFI PXEv4 (MAC:525400123456)',
      path: 'PciRoot(0x0)/Pci(0x2,0x0)/MAC(525400123456,1)/IPv4(0.0.0.0)',
    });
  });

  it.each([
    ['the network entry that brought this boot', shown, ['0001', '0005', '0000', '0002']],
    [
      'every network entry, where none did',
      shown.replace('Current: 0001', 'Current: 0000'),
      ['0001', '0002', '0005', '0000'],
    ],
    [
      'every network entry, where nothing is said',
      shown.replace('BootCurrent: 0001\n', ''),
      ['0001', '0002', '0005', '0000'],
    ],
  ])('are tried %s first, then ours, then the rest; what does not exist is dropped', (_, text, order) => {
    expect(planBootOrder(parseBootEntries(text))).toEqual(order);
  });

  it('know the one of this install', () => {
    expect(ownEntry(parseBootEntries(shown.replace(/Boot0004.*\n/, '')))).toBe('0005');
  });

  it('of earlier installs are known', () => {
    expect(staleEntries(parseBootEntries(shown))).toEqual(['0004', '0005']);
  });

  it('may be none', () => {
    expect(planBootOrder(parseBootEntries('BootCurrent: 0000\n'))).toEqual([]);
  });
});
