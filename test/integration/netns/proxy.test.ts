import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { messageType, option, readNumber, readText } from '../../../src/rack/dhcp4/options.ts';
import type { Dhcp4Packet } from '../../../src/rack/dhcp4/packet.ts';
import { aMessage, ask, pxeOptions } from './ask.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';
import { udhcpc } from './udhcpc.ts';

const mac = '52:54:00:84:00:07';
const number = (address: string): number => ipv4ToNumber(address) ?? 0;
const typeOf = ({ options }: Dhcp4Packet): number | undefined => readNumber(options, option.messageType);
const bios = 0;
const uefi = 7;

describe.each(['Proxy', 'Server'] as const)('boot files in mode %s', (mode) => {
  requireTools('ip', 'dnsmasq', 'busybox');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-proxy-'));
  let client: Namespace;
  let server: Background;
  let dnsmasq: Background | undefined;

  beforeAll(async () => {
    const middle = await netns.create('xswitch');
    const rack = await netns.create('xrack');
    const other = await netns.create('xdhcp');
    client = await netns.create('xclient');
    await middle.ip('link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0');
    await middle.ip('link', 'set', 'br0', 'up');
    for (const [port, space, device] of [
      ['p1', rack, 'lan'],
      ['p2', other, 'eth0'],
      ['p3', client, 'eth0'],
    ] as const) {
      await netns.cable(middle, port, space, device);
      await middle.ip('link', 'set', port, 'master', 'br0');
    }
    await rack.ip('address', 'add', '10.84.1.1/24', 'dev', 'lan');
    await other.ip('address', 'add', '10.84.1.66/24', 'dev', 'eth0');
    const subnet = { name: 'net-1', cidr: '10.84.1.0/24', dnsServers: [], ntpServers: [], leaseSeconds: 600 };
    const config: RackConfig = {
      networks: {
        lan: {
          vlan: 'one',
          mode,
          subnets: [
            {
              ...subnet,
              dynamicRanges: [{ start: '10.84.1.100', end: '10.84.1.150' }],
              serverAddress: '10.84.1.1',
              bootDisabled: false,
            },
          ],
        },
      },
      relayed: [],
      reservations: [],
      leaseDirectory: join(directory, 'leases'),
      files: {},
    };
    const path = join(directory, 'rack.json');
    writeFileSync(path, JSON.stringify(config));
    server = rack.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), path]);
    await server.until(/rack ready/);
    if (mode === 'Server') return;
    dnsmasq = other.start([
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--no-ping'],
      ...['--dhcp-range=10.84.1.200,10.84.1.220,5m', `--dhcp-leasefile=${join(directory, 'dnsmasq.leases')}`],
    ]);
    await dnsmasq.until(/started/);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Broadcasts a DISCOVER and gives back what the rack offered. */
  async function discover(architecture: number): Promise<Dhcp4Packet[]> {
    await client.ip('address', 'replace', '10.84.1.3/24', 'dev', 'eth0');
    const message = aMessage('discover', mac, { flags: 0x8000 }, pxeOptions(architecture));
    const answers = await ask(client, '0.0.0.0:68', '10.84.1.255:67', message);
    return answers.filter(
      ({ options }) => readNumber(options, option.serverIdentifier) === number('10.84.1.1'),
    );
  }

  if (mode === 'Proxy') {
    it('an operating system gets its address from the other server, and nothing from the rack', async () => {
      await client.ip('address', 'flush', 'dev', 'eth0');
      const lease = await udhcpc(client, 'eth0', directory);
      expect(lease?.serverid).toBe('10.84.1.66');
      expect(lease?.ip).toMatch(/^10\.84\.1\.2\d\d$/);
      expect(server.output()).not.toMatch(/"msg":"(proxy )?DHCP(OFFER|ACK)"/);
    });

    it('the address that it asked the other server for is noted as a claim', async () => {
      await expect.poll(() => server.output()).toMatch(/"address":"10\.84\.1\.2\d\d".*"overheard":true/);
    });

    it('BIOS firmware gets a complete offer without an address', async () => {
      const [offer, ...more] = await discover(bios);
      expect(more).toEqual([]);
      expect(offer).toMatchObject({ yiaddr: 0, siaddr: number('10.84.1.1'), file: 'undionly.kpxe' });
      expect(readText(offer?.options ?? new Map(), option.vendorClass)).toBe('PXEClient');
      expect(offer?.options.get(43)).toEqual(Buffer.of(6, 1, 8, 255));
      expect(offer?.options.has(51)).toBe(false);
    });

    it('UEFI firmware is sent to port 4011: option 60 without 43 and without a file', async () => {
      const [offer] = await discover(uefi);
      expect(offer).toMatchObject({ yiaddr: 0, siaddr: number('10.84.1.1'), file: '' });
      expect(readText(offer?.options ?? new Map(), option.vendorClass)).toBe('PXEClient');
      expect(offer?.options.has(43)).toBe(false);
      expect(offer?.options.has(67)).toBe(false);
    });
  } else {
    it.each([bios, uefi])('firmware of type %i gets one complete offer', async (architecture) => {
      const [offer, ...more] = await discover(architecture);
      expect(more).toEqual([]);
      expect(offer?.yiaddr).not.toBe(0);
      expect(offer?.file).not.toBe('');
      expect(offer?.options.get(43)).toEqual(Buffer.of(6, 1, 8, 255));
    });
  }

  describe('port 4011', () => {
    const askBootServer = async (part: Partial<Dhcp4Packet>, more: [number, Uint8Array][] = []) => {
      await client.ip('address', 'replace', '10.84.1.3/24', 'dev', 'eth0');
      const message = aMessage('request', mac, part, [...pxeOptions(uefi), ...more]);
      return ask(client, '10.84.1.3:4011', '10.84.1.1:4011', message);
    };
    const own = { ciaddr: number('10.84.1.3') };

    it('tells the file by unicast to who has an address', async () => {
      const [ack, ...more] = await askBootServer(own);
      expect(more).toEqual([]);
      expect(ack && typeOf(ack)).toBe(messageType.ack);
      expect(ack).toMatchObject({ ...own, yiaddr: 0, siaddr: number('10.84.1.1'), file: 'snponly.efi' });
    });

    it('repeats the boot item that was asked for (PXE 2.1, tag 71)', async () => {
      const [ack] = await askBootServer(own, [[43, Uint8Array.of(71, 4, 0, 0, 0, 0, 255)]]);
      expect(ack?.options.get(43)).toEqual(Buffer.of(6, 1, 8, 71, 4, 0, 0, 0, 0, 255));
    });

    it('says nothing for the item of another boot server', async () => {
      expect(await askBootServer(own, [[43, Uint8Array.of(71, 4, 0, 9, 0, 0, 255)]])).toEqual([]);
    });

    it('says nothing to who names an address that is not its own', async () => {
      expect(await askBootServer({ ciaddr: number('10.84.1.4') })).toEqual([]);
    });
  });
});
