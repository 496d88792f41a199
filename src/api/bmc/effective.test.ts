import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine/schema.ts';
import { effectiveBmc } from './effective.ts';

const found = {
  driver: 'ipmi',
  address: '192.0.2.9',
  credentialsSecret: 'bmc-setup-m1',
  user: 'metalwright',
  rotatedAt: '2026-01-01T00:00:00Z',
} as const;
const byHand = { driver: 'ipmi', address: '10.0.0.5', credentialsSecret: 'factory' } as const;

function of(spec: Partial<Machine['spec']>, bmc: NonNullable<Machine['status']>['bmc'] | undefined) {
  const rest = {
    macAddresses: [],
    architecture: 'amd64',
    approved: true,
    zone: 'z',
    pool: 'p',
    tags: [],
  } as const;
  const whole = { ...rest, macAddresses: [], tags: [], locked: false, maintenance: false, ...spec };
  return effectiveBmc({ spec: whole, status: bmc === undefined ? {} : { bmc } });
}

describe('the BMC in effect', () => {
  it('is what a person wrote', () => {
    expect(of({ bmc: byHand }, found)).toEqual(byHand);
  });
  it('is what was found, where nobody wrote one', () => {
    const { driver, address, credentialsSecret } = found;
    expect(of({}, found)).toEqual({ driver, address, credentialsSecret });
    expect(of({}, undefined)).toBeUndefined();
  });
  it("has a person's address and Metalwright's credentials, where both are wanted and of one driver", () => {
    const bmcSetup = { enabled: true };
    expect(of({ bmc: byHand, bmcSetup }, found)).toEqual({ ...byHand, credentialsSecret: 'bmc-setup-m1' });
    const redfish = { ...byHand, driver: 'redfish' } as const;
    expect(of({ bmc: redfish, bmcSetup }, found)).toEqual(redfish);
  });
});
