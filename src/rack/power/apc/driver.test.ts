import { describe, expect, it } from 'vitest';
import { apcOutlet } from './driver.ts';

/** PowerNet-MIB: rPDUOutletControlOutletCommand, sPDUOutletCtl. */
describe('an outlet of APC', () => {
  it.each([
    ['RPDU', '1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.3'],
    ['MASTERSWITCH', '1.3.6.1.4.1.318.1.1.4.4.2.1.3.3'],
  ] as const)('of a %s is read and switched at one object', (pduType, oid) => {
    expect(apcOutlet({ outlet: '3', pduType })).toMatchObject({
      ...{ state: oid, on: { oid, value: 1 }, off: { oid, value: 2 } },
    });
  });

  it.each([
    [1, 'On'],
    [2, 'Off'],
    [3, 'Unknown'],
    [4, 'Unknown'],
    [-1, 'Unknown'],
  ])('that says %i is %s', (value, state) => {
    expect(apcOutlet({ outlet: '1', pduType: 'RPDU' }).stateOf(value)).toBe(state);
  });
});
