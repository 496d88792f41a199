import { describe, expect, it } from 'vitest';
import type { HardwareSummary } from '../../api/machine/hardware.ts';
import type { Inventory } from '../../api/machine-inventory/schema.ts';
import { type InventoryFacts, summarise } from './summary.ts';

const inventory = {
  system: {
    vendor: ' Dell Inc. ',
    product: 'PowerEdge R640',
    serial: '',
    uuid: '4c4c4544-0042-3510-8052-b4c04f4d3132',
  },
  firmware: { mode: 'UEFI' },
  cpus: [
    { cores: 16, threads: 32 },
    { cores: 16, threads: 32 },
  ],
  memory: { totalMiB: 196_608 },
  nics: [{ link: true }, { link: false }],
  disks: [
    { name: 'sda', sizeBytes: 480e9, kind: 'SSD', removable: false },
    { name: 'sdb', sizeBytes: 16e9, kind: 'SSD', removable: true },
    { name: 'nvme0n1', sizeBytes: 1_920e9, kind: 'NVMe', removable: false },
  ],
} satisfies InventoryFacts;

describe('summarise', () => {
  it('sums the sockets, counts NICs without a cable and leaves removable disks out', () => {
    expect(summarise(inventory)).toEqual({
      vendor: 'Dell Inc.',
      product: 'PowerEdge R640',
      systemUuid: '4c4c4544-0042-3510-8052-b4c04f4d3132',
      firmware: 'UEFI',
      cores: 32,
      threads: 64,
      memoryMiB: 196_608,
      nics: 2,
      disks: [
        { name: 'sda', sizeBytes: 480e9, kind: 'SSD' },
        { name: 'nvme0n1', sizeBytes: 1_920e9, kind: 'NVMe' },
      ],
    });
  });

  it('has no key for a text that firmware left empty', () => {
    expect(summarise({ ...inventory, system: { vendor: '   ' } })).not.toHaveProperty('vendor');
  });

  it('cuts texts and lists to what a status takes', () => {
    const disks = Array.from({ length: 300 }, (_, number) => ({
      name: `sd${number}`,
      sizeBytes: 1,
      kind: 'HDD' as const,
      removable: false,
    }));
    const summary = summarise({ ...inventory, system: { product: 'x'.repeat(500) }, disks });
    expect(summary.product).toHaveLength(128);
    expect(summary.disks).toHaveLength(128);
  });

  it('takes an Inventory and gives a HardwareSummary of the contract', () => {
    const fromContract: (inventory: Inventory) => HardwareSummary = summarise;
    expect(fromContract).toBe(summarise);
  });
});
