import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4ToNumber } from '../../../src/domain/net/address.ts';
import type { KnownClients } from './known-clients.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

const reserved = Array.from({ length: 60 }, (_, index) => ({
  mac: `52:54:00:88:01:${hex(index)}`,
  address: `10.88.1.${index + 1}`,
  subnet: 'flooded',
}));
/** Machines without an address of their own: they take one out of the range that the flood is after. */
const dynamic = Array.from({ length: 60 }, (_, index) => `52:54:00:88:02:${hex(index)}`);
const range = { start: '10.88.2.1', end: '10.88.2.240' };

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}

describe('a flood of DISCOVERs from machines that nobody knows', () => {
  requireTools('ip', 'perfdhcp');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-flood-'));
  let rack: Namespace;
  let outside: Namespace;
  let server: Background;

  beforeAll(async () => {
    rack = await netns.create('rack');
    outside = await netns.create('outside');
    await netns.cable(rack, 'vlan8', outside, 'eth0');
    await rack.ip('address', 'add', '10.88.0.1/16', 'dev', 'vlan8');
    for (const last of [2, 3]) await outside.ip('address', 'add', `10.88.0.${last}/16`, 'dev', 'eth0');
    const config: RackConfig = {
      networks: {
        vlan8: {
          vlan: 'flooded',
          subnets: [
            {
              name: 'flooded',
              cidr: '10.88.0.0/16',
              dnsServers: [],
              ntpServers: [],
              dynamicRanges: [range],
              leaseSeconds: 600,
              serverAddress: '10.88.0.1',
              bootDisabled: false,
            },
          ],
        },
      },
      relayed: [],
      reservations: reserved,
      machines: dynamic,
      leaseDirectory: join(directory, 'leases'),
      files: {},
      logLevel: 'info',
    };
    const path = join(directory, 'rack.json');
    writeFileSync(path, JSON.stringify(config));
    server = rack.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), path]);
    await server.until(/rack ready/);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('10,000 a second leave 99 of 100 known machines served, and addresses of the range for them', async () => {
    const seconds = 12;
    const flood = outside.run([
      ...['perfdhcp', '-4', '-i', '-l', '10.88.0.2', '-r', '10000', '-R', '10000000'],
      ...['-p', String(seconds), '10.88.0.1'],
    ]);
    const macs = [...reserved.map(({ mac }) => mac), ...dynamic].sort(() => Math.random() - 0.5);
    const program = join(import.meta.dirname, 'known-clients.ts');
    const machines = await outside.run([
      ...[process.execPath, program, '10.88.0.1', '10.88.0.3', String(seconds - 2), ...macs],
    ]);
    const { output } = await flood;
    const { served, failed }: KnownClients = JSON.parse(machines.output);
    const sent = Number(/sent packets: (\d+)/.exec(output)?.[1]);
    const offered = Number(/received packets: (\d+)/.exec(output)?.[1]);
    expect(sent, output).toBeGreaterThan(seconds * 2_000);
    expect(served.length, `failed: ${failed}`).toBeGreaterThanOrEqual(macs.length * 0.99);
    // An eighth of the range, and as much again in a minute.
    expect(offered).toBeLessThan(80);
    for (const { mac, address } of served) {
      const own = reserved.find((reservation) => reservation.mac === mac)?.address;
      const number = ipv4ToNumber(address) ?? 0;
      const inRange = number >= (ipv4ToNumber(range.start) ?? 0) && number <= (ipv4ToNumber(range.end) ?? 0);
      expect(own === undefined ? inRange : own === address, `${mac} has ${address}`).toBe(true);
    }
    expect(new Set(served.map(({ address }) => address)).size).toBe(served.length);
  });
});
