import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDrift, driftOf, type Firmware } from './drift.ts';

const old: Firmware = { BIOS: '1.0', BMC: '5' };
const current: Firmware = { BIOS: '2.0', BMC: '5' };

describe('drift of firmware', () => {
  it.each<[string, Firmware, Firmware[], string[]]>([
    ['is none without peers', old, [], []],
    ['is none among equals', current, [current, current], []],
    ['names what differs from the majority', old, [current, current], ['BIOS']],
    ['is none where the machine is of the majority', current, [old, current], []],
    ['is none where two versions are equally many', old, [current], []],
    ['is none where no version has more than half', old, [current, { BIOS: '3.0' }], []],
    ['leaves out what only this machine has', { ...current, NIC: '7' }, [current, current], []],
    ['counts only those that report the component', old, [current, current, { BMC: '5' }], ['BIOS']],
  ])('%s', (_sentence, own, peers, expected) => {
    expect(driftOf(own, peers).map(({ component }) => component)).toEqual(expected);
  });

  it('is told with what most have', () => {
    expect(describeDrift(driftOf(old, [current, current]))).toBe('BIOS is 1.0 (2 of 3 have 2.0)');
  });

  it('never concerns the majority: fewer than half of the machines drift in any component', () => {
    const version = fc.constantFrom('1', '2', '3');
    fc.assert(
      fc.property(fc.array(fc.record({ BIOS: version }), { minLength: 1, maxLength: 12 }), (machines) => {
        const drifted = machines.filter(
          (own, index) => driftOf(own, machines.toSpliced(index, 1)).length > 0,
        );
        expect(drifted.length * 2).toBeLessThan(machines.length + Number(machines.length === 0));
      }),
    );
  });
});
