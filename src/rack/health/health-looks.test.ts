import { beforeEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { secrets } from '../../kube/core-resources.ts';
import { createMemoryClient, type MemoryCall, type MemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import { RackMeters } from '../../metrics/rack-meters.ts';
import { createBmcLock } from '../power/bmc-lock.ts';
import type { HardwareReport, PowerDriver } from '../power/driver.ts';
import { powerError } from '../power/errors.ts';
import { createHealthLooks, type HealthLooks } from './health-looks.ts';

const signal = new AbortController().signal;
const quiet: HardwareReport = {
  ...{ overall: 'OK', components: [], sensors: [], secureBoot: 'Enabled' },
  firmware: { BIOS: '1' },
  log: { news: [], cursor: 'c1', critical: 0 },
};

let client: MemoryClient;
let writes: MemoryCall[];
let events: string[];
let meters: RackMeters;
let looks: HealthLooks;
let report: HardwareReport | Error;
let cursors: (string | undefined)[];
let now: number;

beforeEach(async () => {
  [writes, events, cursors, meters, now, report] = [[], [], [], new RackMeters(), 0, quiet];
  const memory = createMemoryClient();
  const bmc = { driver: 'redfish', address: 'bmc', credentialsSecret: 's' } as const;
  await memory.create(machineKind, aMachine({ name: 'm1', spec: { bmc } }));
  const data = { username: 'dQ==', password: 'cA==' };
  await memory.create(secrets, { metadata: { name: 's', namespace: 'ns' }, data });
  client = memory.connect({ before: (call) => void (call.verb === 'applyStatus' && writes.push(call)) });
  const clock = { now: () => now };
  const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };
  const driver = {
    async health({ cursor }) {
      cursors.push(cursor);
      if (report instanceof Error) throw report;
      return report;
    },
    close: async () => {},
  } satisfies Partial<PowerDriver> as unknown as PowerDriver;
  looks = createHealthLooks({
    ...{ client, clock, rackName: 'rack-1', namespace: 'ns', meter: meters, log: silentLogger },
    intervalMs: 60_000,
    lock: createBmcLock({ clock, delay: async () => {}, pacing }),
    events: { event: (_about, _type, reason, message) => void events.push(`${reason}: ${message}`) },
    openDriver: () => driver,
  });
});

async function look(): Promise<void> {
  await looks.look((await client.get(machineKind, 'm1'))!, signal);
}

describe('a look at the health of a machine', () => {
  it('is written when it differs from the last one, and never for readings alone', async () => {
    await look();
    await look();
    const sensor = { name: 'CPU', kind: 'Temperature', unit: 'Celsius', value: 40 } as const;
    report = { ...quiet, sensors: [sensor] };
    await look();
    expect(writes).toHaveLength(1);
    expect(meters.health.get('m1')?.sensors).toEqual([sensor]);
    report = { ...quiet, components: [{ name: 'Fan', health: 'Critical' }] };
    await look();
    expect(writes).toHaveLength(2);
    expect((await client.get(machineKind, 'm1'))?.status?.health?.components).toHaveLength(1);
  });

  it('goes on in the event log from where the last one ended, and tells of what is critical', async () => {
    await look();
    report = {
      ...quiet,
      log: {
        ...{ cursor: 'c2', critical: 1 },
        news: [
          { at: undefined, severity: 'OK', message: 'on' },
          { at: '2026-01-01T00:00:00.000Z', severity: 'Critical', message: 'PSU lost' },
        ],
      },
    };
    await look();
    expect(events).toEqual(['HardwareEvent: PSU lost (2026-01-01T00:00:00.000Z)']);
    await look();
    expect(cursors).toEqual([undefined, 'c1', 'c2']);
  });

  it('makes at most five Events of a burst', async () => {
    const news = Array.from({ length: 40 }, (_, index) => ({
      ...{ at: undefined, severity: 'Critical' as const, message: `entry ${index}` },
    }));
    report = { ...quiet, log: { news, cursor: 'c9', critical: 40 } };
    await look();
    expect(events).toHaveLength(5);
    expect(events.at(-1)).toContain('entry 39');
  });

  it('leaves a BMC alone for a while that did not answer, and longer one that refused the password', async () => {
    report = powerError('BmcUnreachable', 'silent', { retryable: true });
    await look();
    await look();
    expect(cursors).toHaveLength(1);
    now += 60_001;
    report = powerError('BmcAuthenticationFailed', 'no');
    await look();
    now += 4 * 60_000;
    await look();
    expect(cursors).toHaveLength(2);
    now += 30 * 60_000;
    report = quiet;
    await look();
    expect(writes).toHaveLength(1);
  });

  it('is put off while an order to the BMC is carried out', async () => {
    const power = { request: { id: 'x', action: 'On', requestedAt: '2026-01-01T00:00:00Z' } } as const;
    await client.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status: { power } },
      { fieldManager: 'test' },
    );
    await look();
    expect(cursors).toEqual([]);
  });

  it('keeps a status bounded, whatever a BMC lists', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `part ${String(index).padStart(3, '0')}`);
    report = {
      ...quiet,
      components: many.map((name) => ({ name: name.repeat(40), health: 'Warning' as const })),
      firmware: { BIOS: '1', ...Object.fromEntries(many.map((name) => [name, 'v'.repeat(300)])) },
    };
    await look();
    const health = (await client.get(machineKind, 'm1'))?.status?.health;
    expect(health?.components).toHaveLength(16);
    expect(Object.keys(health?.firmware ?? {})).toHaveLength(32);
    expect(health?.firmware?.BIOS).toBe('1');
    expect(JSON.stringify(health).length).toBeLessThan(8_000);
  });
});
