import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { decodePacket } from '../../../src/rack/dhcp4/packet.ts';
import { boot } from './boot.ts';
import { type FirmwareRow, firmwareRows } from './matrix.ts';
import { createFirmwareSetting, type FirmwareSetting, type Place } from './setting.ts';

/** Emulated machines share few cores. */
vi.setConfig({ maxConcurrency: 2, testTimeout: 400_000 });

interface Case extends FirmwareRow {
  place: Place;
  mac: string;
}

const rows: Case[] = firmwareRows
  .flatMap((row) => row.places.map((place) => ({ ...row, place })))
  .map((row, index) => ({ ...row, mac: `52:54:00:81:01:${(index + 16).toString(16)}` }));
const machines = Object.fromEntries(rows.map(({ mac }, index) => [mac, `node-${index + 1}`]));

describe('firmware in QEMU boots a kernel from the rack', () => {
  let setting: FirmwareSetting | undefined;

  beforeAll(async () => {
    setting = await createFirmwareSetting(machines);
  });

  afterAll(() => setting?.close());

  it.concurrent.for(rows)('$title, $place', async (row, { expect }) => {
    if (setting === undefined) throw new Error('not set up');
    const { place, mac } = row;
    const facts = await boot(setting, row);
    expect(facts.started, `${facts.console}\n${setting.log().slice(-5000)}`).toBe(row.kernel);
    expect(facts).toMatchObject({ ...expected(row), vlans: [place === 'direct' ? 'near' : 'far'] });
    const relays = setting
      .received()
      .filter(({ port }) => port === 67)
      .map(({ bytes }) => decodePacket(bytes))
      .filter(({ chaddr }) => Buffer.from(chaddr).toString('hex') === mac.replaceAll(':', ''))
      .map(({ giaddr, options }) => [giaddr !== 0, options.has(82)]);
    expect(relays).not.toHaveLength(0);
    for (const relay of relays) expect(relay).toEqual([place === 'relayed', place === 'relayed']);
  });
});

describe('firmware in QEMU boots a kernel from the rack beside dnsmasq, which gives the addresses', () => {
  let setting: FirmwareSetting | undefined;

  beforeAll(async () => {
    setting = await createFirmwareSetting(machines, 'dnsmasq');
  });

  afterAll(() => setting?.close());

  const direct = rows.filter(({ place, card }) => place === 'direct' && card === 'virtio-net-pci');
  it.concurrent.for(direct)('$title', async (row, { expect }) => {
    if (setting === undefined) throw new Error('not set up');
    const facts = await boot(setting, row);
    expect(facts.started, `${facts.console}\n${setting.log().slice(-5000)}`).toBe(row.kernel);
    expect(facts).toMatchObject(expected(row));
    expect(setting.log()).not.toContain('DHCPACK');
  });
});

function expected({ clients, loader }: Case): object {
  return {
    clients,
    byTftp: loader?.by === 'TFTP' ? [loader.file] : [],
    byHttp: [...(loader?.by === 'HTTP' ? ['/loaders/:name'] : []), '/boot/:script', '/images/:digest'],
    stages: ['Loader', 'Kernel'],
  };
}
