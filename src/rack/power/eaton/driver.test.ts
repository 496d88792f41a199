import { describe, expect, it } from 'vitest';
import { eatonOutlet } from './driver.ts';

/** EATON-EPDU-MIB: outletControlStatus, outletControlOffCmd, outletControlOnCmd. */
describe('an outlet of Eaton', () => {
  it('has a column for its state and one for each order, whose value is a delay', () => {
    const entry = '1.3.6.1.4.1.534.6.6.7.6.6.1';
    expect(eatonOutlet({ outlet: '24' })).toMatchObject({
      state: `${entry}.2.0.24`,
      off: { oid: `${entry}.3.0.24`, value: 0 },
      on: { oid: `${entry}.4.0.24`, value: 0 },
    });
  });

  it.each([
    [0, 'Off'],
    [1, 'On'],
    [2, 'Unknown'],
    [3, 'Unknown'],
    [-1, 'Unknown'],
  ])('that says %i is %s', (value, state) => {
    expect(eatonOutlet({ outlet: '1' }).stateOf(value)).toBe(state);
  });
});
