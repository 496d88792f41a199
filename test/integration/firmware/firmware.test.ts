import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { decodePacket } from '../../../src/rack/dhcp4/packet.ts';
import { boot } from './boot.ts';
import { firmwareRows } from './matrix.ts';
import { createFirmwareSetting, type FirmwareSetting } from './setting.ts';

/** Emulated machines share few cores. */
vi.setConfig({ maxConcurrency: 2, testTimeout: 400_000 });

const places = ['direct', 'relayed'] as const;
const rows = firmwareRows
  .flatMap((row) => places.map((place) => ({ ...row, place })))
  .map((row, index) => ({ ...row, mac: `52:54:00:81:01:${(index + 16).toString(16)}` }));

describe('firmware in QEMU boots a kernel from the rack', () => {
  let setting: FirmwareSetting | undefined;

  beforeAll(async () => {
    setting = await createFirmwareSetting(
      Object.fromEntries(rows.map(({ mac }, index) => [mac, `node-${index + 1}`])),
    );
  });

  afterAll(() => setting?.close());

  it.concurrent.for(rows)('$title, $place', async (row, { expect: check }) => {
    if (setting === undefined) throw new Error('not set up');
    const { loader, place, mac } = row;
    const facts = await boot(setting, row);
    check(facts.started, `${facts.console}\n${setting.log().slice(-5000)}`).toBe(row.kernel);
    check(facts).toMatchObject({
      clients: row.clients,
      vlans: [place === 'direct' ? 'near' : 'far'],
      byTftp: loader?.by === 'TFTP' ? [loader.file] : [],
      byHttp: [
        ...(loader?.by === 'HTTP' ? ['/loaders/:name'] : []),
        '/boot/:script',
        '/images/:digest',
        '/images/:digest',
      ],
    });
    check([...new Set(facts.stages)]).toEqual(['Loader', 'Kernel']);
    const relays = setting
      .received()
      .filter(({ port }) => port === 67)
      .map(({ bytes }) => decodePacket(bytes))
      .filter(({ chaddr }) => Buffer.from(chaddr).toString('hex') === mac.replaceAll(':', ''))
      .map(({ giaddr, options }) => [giaddr !== 0, options.has(82)]);
    check(relays).not.toHaveLength(0);
    for (const relay of relays) check(relay).toEqual([place === 'relayed', place === 'relayed']);
  });
});
