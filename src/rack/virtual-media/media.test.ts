import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aMachine, anAddress, aSubnet, aVlan } from '../../../test/fixtures/objects.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import { createRateLimit } from '../agent-api/rate-limit.ts';
import { type BootTokens, openBootTokens } from '../boot-token/boot-tokens.ts';
import type { Answer, Request } from '../http/answer.ts';
import type { ImageCache, OpenImage } from '../images/ports.ts';
import { mediaFile, mediaRoute } from './media-route.ts';
import { type MediaStore, openMediaStore, tokenOf } from './media-store.ts';
import { type PrepareMediaDeps, prepareMedia } from './prepare-media.ts';

const mac = '52:54:00:00:00:07';
const programs = async () => {
  const grub = Buffer.alloc(100, 1);
  const found = { shim: undefined, grub, isolinux: undefined, ldlinux: undefined };
  return { ...found, efi: Buffer.alloc(2048, 2) };
};
const expecting: MachineStatus = {
  boot: { generation: 3, target: 'EphemeralOS', expiresAt: '2026-01-01T01:00:00Z' },
  task: { id: 'g3-inventory', generation: 3, kind: 'Inventory' },
};

let directory: string;
let now: number;
let machine: Machine;
let client: MemoryClient;
let media: MediaStore;
let tokens: BootTokens;
let events: string[];
const clock = { now: () => now };

const anImage = async (): Promise<OpenImage> => ({
  sizeBytes: 4_000,
  file: {
    fd: -1,
    async read(buffer: Uint8Array, offset: number, length: number) {
      buffer.fill(7, offset, offset + length);
      return { bytesRead: length };
    },
    async close() {},
  },
});
const images = { ensure: async () => {}, open: anImage } as unknown as ImageCache;

async function openState(): Promise<void> {
  media = await openMediaStore({ path: join(directory, 'media.json'), clock, log: silentLogger });
  tokens = await openBootTokens({ path: join(directory, 'tokens.json'), clock, log: silentLogger });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'mw-media-'));
  now = Date.parse('2026-01-01T00:00:00Z');
  events = [];
  client = createMemoryClient();
  await client.create(machineKind, aMachine({ name: 'm1', spec: { macAddresses: [mac] } }));
  machine = await client.applyStatus(
    machineKind,
    { metadata: { name: 'm1' }, status: expecting },
    { fieldManager: 'test' },
  );
  await openState();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function prepare(given: Partial<PrepareMediaDeps> = {}): Promise<{ url: string }> {
  const address = anAddress('10.40.0.7', { spec: { subnet: 's', mac } });
  const subnet = aSubnet({ name: 's', spec: { vlan: 'v', cidr: '10.40.0.0/24', gateway: '10.40.0.254' } });
  const world = {
    addresses: { byIndex: (_: string, key: string) => (key === mac ? [address] : []) },
    subnets: { get: () => subnet },
    vlans: { get: () => aVlan({ name: 'v', spec: { vid: 12 } }) },
  } as unknown as PrepareMediaDeps['world'];
  const digests = { kernelDigest: '1'.repeat(64), initrdDigest: '2'.repeat(64), kernelArguments: ['quiet'] };
  return prepareMedia(machine, '10.30.0.7', {
    ...{ media, programs, images, tokens, world, client, clock, rackName: 'rack-1', httpPort: 7480 },
    machines: { ephemeralImage: () => digests },
    addresses: () => ['10.30.0.1', '10.40.0.1'],
    addressTowards: async () => '10.30.0.1',
    mediaUrl: undefined,
    secureApi: () => undefined,
    ...given,
  });
}

async function ask(url: string, address = '10.30.0.7', method: Request['method'] = 'GET'): Promise<Answer> {
  const route = mediaRoute({
    ...{ media, programs, images, tokens, clock, log: silentLogger },
    eventRate: createRateLimit({ clock, windowMs: 1, perKey: 9, total: 9 }),
    machines: {
      byName: () => machine,
      reportBoot: (_name, { stage }) => events.push(stage),
      securityEvent: (_name, reason) => events.push(reason),
    },
  });
  const base = 'http://rack';
  const parameters = [new URL(url).pathname.split('/')[2] ?? ''];
  return await route.handle({
    ...{ method, parameters, headers: {}, query: '', address, base },
    body: async () => undefined,
  });
}

async function contentOf(answer: Answer): Promise<string> {
  if (answer.kind !== 'File') return answer.kind;
  const bytes = Buffer.alloc(answer.image.sizeBytes);
  await answer.image.file.read(bytes, 0, bytes.length, 0);
  return bytes.toString('latin1');
}

const secretOf = (url: string): string => url.split('/').at(-2) ?? '';

describe('a medium', () => {
  it('is at an address that the BMC reaches, and carries token and network', async () => {
    const { url } = await prepare();
    expect(url).toMatch(new RegExp(`^http://10\\.30\\.0\\.1:7480/media/[A-Za-z0-9_-]{43}/${mediaFile}$`));
    const iso = await contentOf(await ask(url));
    expect(iso).toContain('mw.ip=10.40.0.7/24 mw.mtu=1500 mw.gateway=10.40.0.254');
    expect(iso).toContain(`mw.rack=http://10.40.0.1:7480 mw.mac=${mac} mw.token=${tokenOf(secretOf(url))}`);
    expect(iso).not.toContain('mw.vlan');
    expect(iso).not.toContain('mw.https');
  });

  it('tells the agent of HTTPS where the rack serves it', async () => {
    const authority = 'c'.repeat(64);
    const api = (address: string) => ({
      port: 7443,
      authority,
      name: `rack-${address.replaceAll('.', '-')}`,
    });
    const { url } = await prepare({ secureApi: api });
    expect(await contentOf(await ask(url))).toContain(
      `mw.rack=http://10.40.0.1:7480 mw.https=7443 mw.ca=${authority} mw.name=rack-10-40-0-1 mw.mac=${mac}`,
    );
  });

  it('has the tag of its VLAN where the interface is on a trunk', async () => {
    machine = { ...machine, spec: { ...machine.spec, boot: { method: 'VirtualMedia', taggedVlan: true } } };
    expect(await contentOf(await ask((await prepare()).url))).toContain('mw.vlan=12');
  });

  it('is in the status before the BMC is told, without anything that opens it', async () => {
    const { url } = await prepare();
    const { status } = (await client.get(machineKind, 'm1'))!;
    expect(status?.virtualMedia).toMatchObject({ rack: 'rack-1', generation: 3 });
    const kept = ['media.json', 'tokens.json'].map((file) => readFileSync(join(directory, file), 'utf8'));
    for (const text of [JSON.stringify(status), ...kept]) {
      expect(text).not.toContain(secretOf(url));
      expect(text).not.toContain(tokenOf(secretOf(url)));
    }
  });

  it('is the same, byte for byte, after a restart of the rack', async () => {
    const { url } = await prepare();
    const before = await contentOf(await ask(url));
    await openState();
    expect(await contentOf(await ask(url))).toBe(before);
  });

  it('is for its first reader', async () => {
    const { url } = await prepare();
    expect((await ask(url, '10.30.0.7', 'HEAD')).kind).toBe('File');
    expect((await ask(url)).kind).toBe('File');
    expect((await ask(url)).kind).toBe('File');
    expect(await ask(url, '10.30.0.66')).toMatchObject({ code: 'NotFound' });
    expect(events).toEqual(['Loader', 'BootTokenRefused']);
  });

  it('opens one session, at the address that it gave the machine', async () => {
    const { url } = await prepare();
    const token = tokenOf(secretOf(url));
    expect(tokens.find(token)).toMatchObject({ machine: 'm1', generation: 3, mac, address: '10.40.0.7' });
    const { uid } = machine.metadata;
    const expected = { uid, macAddresses: [mac], systemUuid: undefined, generation: 3 };
    const presenter = { macAddresses: [mac], systemUuid: undefined, addressConfirmed: true };
    expect(await tokens.redeem(token, presenter, expected)).toMatchObject({ kind: 'Opened' });
    expect(await ask(url)).toMatchObject({ code: 'NotFound' });
  });

  it.each<[string, () => void]>([
    [
      'the boot is over',
      () => (machine = { ...machine, status: { ...expecting, boot: { generation: 3, target: 'Disk' } } }),
    ],
    [
      'another boot has begun',
      () =>
        (machine = { ...machine, status: { ...expecting, boot: { generation: 4, target: 'EphemeralOS' } } }),
    ],
    [
      'the machine was made anew',
      () => (machine = { ...machine, metadata: { ...machine.metadata, uid: 'other' } }),
    ],
    ['an hour has passed', () => (now += 60 * 60_000)],
  ])('is gone when %s', async (_sentence, change) => {
    const { url } = await prepare();
    change();
    expect(await ask(url)).toMatchObject({ code: 'NotFound' });
  });

  it('takes the place of the one before', async () => {
    const first = await prepare();
    const second = await prepare();
    expect(await ask(first.url)).toMatchObject({ code: 'NotFound' });
    expect((await ask(second.url)).kind).toBe('File');
  });

  it('is unknown to who guesses', async () => {
    await prepare();
    expect(await ask(`http://10.30.0.1:7480/media/${'a'.repeat(43)}/${mediaFile}`)).toMatchObject({
      code: 'NotFound',
    });
  });

  it('is at the address that was configured', async () => {
    expect((await prepare({ mediaUrl: 'https://media.example' })).url).toMatch(
      /^https:\/\/media\.example\/media\//,
    );
  });

  it.each<[string, Partial<PrepareMediaDeps>, boolean]>([
    ['there is no ephemeral OS', { machines: { ephemeralImage: () => undefined } }, true],
    ['the rack serves no network', { addresses: () => [] }, true],
    [
      'there are no boot programs',
      {
        programs: async () => ({
          shim: undefined,
          grub: undefined,
          isolinux: undefined,
          ldlinux: undefined,
          efi: undefined,
        }),
      },
      false,
    ],
  ])('is not made when %s', async (_sentence, given, retryable) => {
    await expect(prepare(given)).rejects.toMatchObject({ code: 'MediaUnavailable', retryable });
    expect((await client.get(machineKind, 'm1'))?.status?.virtualMedia).toBeUndefined();
  });

  it('is not made for a boot that nobody expects', async () => {
    machine = { ...machine, status: {} };
    await expect(prepare()).rejects.toMatchObject({ code: 'MediaUnavailable' });
  });
});
