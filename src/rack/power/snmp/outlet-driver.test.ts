import { describe, expect, it } from 'vitest';
import { powerError } from '../errors.ts';
import { createOutletDriver } from './outlet-driver.ts';

const { signal } = new AbortController();
const outlet = {
  state: '1.2.3',
  stateOf: (value: number) => (value === 1 ? ('On' as const) : ('Off' as const)),
  on: { oid: '1.2.4', value: 1 },
  off: { oid: '1.2.5', value: 0 },
};

/** Integers by their object identifiers, as an agent of SNMP keeps them. */
function agent(integers: Record<string, number>) {
  const written: [string, number][] = [];
  let closed = 0;
  const session = {
    async getInteger(oid: string) {
      const value = integers[oid];
      if (value === undefined) throw powerError('BmcSystemNotFound', 'there is no such object');
      return value;
    },
    setInteger: async (oid: string, value: number) => void written.push([oid, value]),
    close() {
      closed += 1;
    },
  };
  return { driver: createOutletDriver(session, outlet), written, closed: () => closed };
}

describe('an outlet', () => {
  it('is read at one object, and switched at one each, once an order', async () => {
    const { driver, written } = agent({ '1.2.3': 1 });
    expect(await driver.status(signal)).toBe('On');
    await driver.on(signal);
    await driver.off(signal);
    expect(written).toEqual([
      ['1.2.4', 1],
      ['1.2.5', 0],
    ]);
  });

  it('sets no boot device, and cannot ask an OS to go', async () => {
    const { driver } = agent({});
    expect([driver.bootDevices.size, driver.softOff]).toEqual([0, undefined]);
    await expect(driver.setBootDevice('Network', signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });

  it('is named when there is none', async () => {
    await expect(agent({}).driver.status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
  });

  it('closes its session', async () => {
    const { driver, closed } = agent({});
    await driver.close();
    expect(closed()).toBe(1);
  });
});
