import { describe, expect, it } from 'vitest';
import { raritanOutlet } from './driver.ts';

/** PDU2-MIB: switchingOperation, outletSwitchingState. */
describe('an outlet of Raritan', () => {
  it('is switched at one object and read at another', () => {
    const entry = '1.3.6.1.4.1.13742.6.4.1.2.1';
    const oid = `${entry}.2.1.5`;
    expect(raritanOutlet({ outlet: '5' })).toMatchObject({
      state: `${entry}.3.1.5`,
      on: { oid, value: 1 },
      off: { oid, value: 0 },
    });
  });

  it.each([
    [7, 'On'],
    [8, 'Off'],
    [0, 'Unknown'],
    [1, 'Unknown'],
    [-1, 'Unknown'],
  ])('that says %i is %s', (value, state) => {
    expect(raritanOutlet({ outlet: '1' }).stateOf(value)).toBe(state);
  });
});
