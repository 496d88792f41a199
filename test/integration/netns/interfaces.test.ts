import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DhcpNetwork } from '../../../src/rack/dhcp4/ports.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';
import { udhcpc } from './udhcpc.ts';

const vids = [10, 20, 30];
const racks = [1, 2];
const mac = '52:54:00:85:00:07';

/** Each rack has a range of its own, as it has a slice of the Subnet's. */
function network(vid: number, rack: number): DhcpNetwork {
  const host = rack * 100;
  return {
    vlan: `vlan-${vid}`,
    subnets: [
      {
        name: `net-${vid}`,
        cidr: `10.85.${vid}.0/24`,
        dnsServers: [],
        ntpServers: [],
        dynamicRanges: [{ start: `10.85.${vid}.${host}`, end: `10.85.${vid}.${host + 49}` }],
        leaseSeconds: 600,
        serverAddress: `10.85.${vid}.${rack}`,
        bootDisabled: false,
      },
    ],
  };
}

describe('two racks with an interface on each of several VLANs', () => {
  requireTools('ip', 'busybox', 'tcpdump');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-interfaces-'));
  let client: Namespace;
  const servers: Background[] = [];

  /** Plugs a namespace into every network. */
  async function plug(middle: Namespace, space: Namespace, number: number): Promise<void> {
    for (const vid of vids) {
      await netns.cable(middle, `p${vid}-${number}`, space, `lan${vid}`);
      await middle.ip('link', 'set', `p${vid}-${number}`, 'master', `br${vid}`);
    }
  }

  beforeAll(async () => {
    const middle = await netns.create('tswitch');
    for (const vid of vids) {
      await middle.ip('link', 'add', `br${vid}`, 'type', 'bridge', 'forward_delay', '0');
      await middle.ip('link', 'set', `br${vid}`, 'up');
    }
    client = await netns.create('tclient');
    await plug(middle, client, 0);
    for (const vid of vids) await client.ip('link', 'set', `lan${vid}`, 'address', mac);
    for (const rack of racks) {
      const space = await netns.create(`track${rack}`);
      await plug(middle, space, rack);
      for (const vid of vids) {
        await space.ip('address', 'add', `10.85.${vid}.${rack}/24`, 'dev', `lan${vid}`);
      }
      const config: RackConfig = {
        // VLAN 30 is the second rack's alone.
        networks: Object.fromEntries(
          vids.filter((vid) => vid !== 30 || rack === 2).map((vid) => [`lan${vid}`, network(vid, rack)]),
        ),
        relayed: [],
        reservations: [{ mac, address: '10.85.20.7', subnet: 'net-20' }],
        leaseDirectory: join(directory, `leases-${rack}`),
        files: {},
        ping: true,
      };
      const path = join(directory, `rack-${rack}.json`);
      writeFileSync(path, JSON.stringify(config));
      const program = join(import.meta.dirname, 'rack-under-test.ts');
      const server = space.start([process.execPath, program, path]);
      servers.push(server);
      await server.until(/rack ready/);
    }
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    [10, /^10\.85\.10\.(100|200)$/],
    [20, /^10\.85\.20\.7$/],
    [30, /^10\.85\.30\.200$/],
  ])('a client on VLAN %i gets an address of that VLAN', async (vid, expected) => {
    const lease = await udhcpc(client, `lan${vid}`, directory);
    expect(lease?.ip).toMatch(expected);
    expect(lease?.serverid).toMatch(new RegExp(`^10\\.85\\.${vid}\\.[12]$`));
  });

  it('one MAC address on all of them at once is one client of each', async () => {
    const leases = await Promise.all(vids.map((vid) => udhcpc(client, `lan${vid}`, directory)));
    expect(leases.map((lease) => lease?.ip?.split('.')[2])).toEqual(vids.map(String));
  });

  it.each([
    ['a client without an address is answered by unicast frames, on its VLAN', [], 'lan20 In'],
    ['a client that asks for broadcast is answered by broadcast, on its VLAN', ['-B'], 'lan20 B'],
  ])('%s', async (_sentence, more, seen) => {
    // Cooked frames: the interface, then B for a broadcast or In for a frame to this very address.
    const sniffer = client.start(['tcpdump', '-lni', 'any', 'inbound and udp src port 67']);
    await sniffer.until(/listening on/);
    expect(await udhcpc(client, 'lan20', directory, ...more)).toMatchObject({ ip: '10.85.20.7' });
    const frames = (): string[] => sniffer.output().match(/lan\d+ +\w+ /g) ?? [];
    await expect.poll(() => frames().length).toBeGreaterThanOrEqual(2);
    await sniffer.stop('SIGINT');
    expect(new Set(frames().map((frame) => frame.trim().replace(/ +/, ' ')))).toEqual(new Set([seen]));
  });

  it('what is asked on one VLAN is answered by no rack on another', () => {
    for (const line of servers.flatMap((server) => server.output().split('\n'))) {
      const [, device, third] = /"device":"lan(\d+)".*"address":"10\.85\.(\d+)\./.exec(line) ?? [];
      expect(device).toBe(third);
    }
  });
});
