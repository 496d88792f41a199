import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import { hashSecret, newSecret } from '../../../src/rack/boot-token/secrets.ts';
import { createNeighbours } from '../../../src/rack/images/neighbours.ts';
import { createDgramSockets } from '../../../src/rack/net/dgram-sockets.ts';
import { createTftpServer } from '../../../src/rack/tftp/server.ts';
import { call, type Reply, tokenOf } from '../rack-http/call.ts';
import { aMachine, expecting } from '../rack-http/fake-machines.ts';
import { startRack, type TestRack } from '../rack-http/rack.ts';

/** The machine that is being installed, one that another tenant has, and the thief. */
const victim = { name: 'node-1', mac: '52:54:00:00:00:01', address: '127.0.0.10' };
const other = { name: 'node-2', mac: '52:54:00:00:00:02', address: '127.0.0.20' };
const thief = '127.0.0.66';
const userData = `#cloud-config of the victim ${randomBytes(8).toString('hex')}`;
const phoneHome = newSecret();

let rack: TestRack;
/** Everything that the thief was ever told. */
let loot: string[];

beforeEach(async () => {
  loot = [];
  rack = await startRack();
  const kernelDigest = await rack.addImage(Buffer.from('kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('initrd'));
  await Promise.all([rack.images.ensure(kernelDigest), rack.images.ensure(initrdDigest)]);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };
  rack.machines.disks.set('debian-12', {
    ...{ os: 'debian', release: '12', digest: 'd'.repeat(64), sizeBytes: 10, rawSizeBytes: 20 },
    format: 'RawZstd',
  });
  rack.machines.seeds.set('seed-of-it', {
    ...{ metaData: 'instance-id: x', userData, vendorData: '', networkConfig: 'v2' },
  });
  rack.machines.machines.set(victim.name, aMachine(victim.name, victim.mac, expecting('Install')));
  rack.machines.machines.set(other.name, aMachine(other.name, other.mac, expecting('Inventory')));
  rack.dhcp(victim.mac, victim.address);
});
afterEach(() => rack.stop());

type Options = Parameters<typeof call>[1];

/** What the thief does; the answer is his loot. */
async function steal(path: string, options: Options = {}): Promise<Reply> {
  const reply = await call(rack.base + path, { from: thief, ...options });
  loot.push(reply.text + JSON.stringify(reply.headers));
  return reply;
}

const scriptOf = (mac: string): string => `/boot/${mac.replaceAll(':', '-')}.ipxe`;
const exchange = (token: unknown, mac = victim.mac) => ({ json: { token, macAddresses: [mac] } });
const sessions = '/agent/v1/sessions';

/** The victim itself boots. */
async function boots(who = victim): Promise<{ token: string; key: string }> {
  const { text } = await call(rack.base + scriptOf(who.mac), { from: who.address });
  const token = tokenOf(text) ?? '';
  const { json } = await call(rack.base + sessions, { from: who.address, ...exchange(token, who.mac) });
  return { token, key: String(json.sessionKey) };
}

/** No secret is among what the thief was told, and the victim's own boot goes on. */
function nothingWasStolen(...secrets: string[]): void {
  for (const secret of [userData, phoneHome, ...secrets]) {
    expect(secret.length).toBeGreaterThan(20);
    expect(loot.join('\n')).not.toContain(secret);
  }
  expect(loot.join('\n')).not.toMatch(/mw\.token=|sessionKey/);
}

it('the machine itself gets what the thief is after', async () => {
  const { key } = await boots();
  const { text } = await call(`${rack.base}/agent/v1/task`, { from: victim.address, key });
  expect(text).toContain(userData);
  expect(key.length).toBeGreaterThan(20);
});

describe('twelve thefts from the provisioning network', () => {
  it('1: a boot token that was heard is used again', async () => {
    const { token, key } = await boots();
    expect((await steal(sessions, exchange(token))).status).toBe(410);
    expect((await steal(sessions, { ...exchange(token), from: victim.address })).status).toBe(410);
    nothingWasStolen(key);
    expect(rack.machines.recorded.events.map(({ reason }) => reason)).toContain('BootTokenReplayed');
  });

  it('2: the boot script is fetched a second time, after the machine has booted', async () => {
    const { key } = await boots();
    const second = await steal(scriptOf(victim.mac), { from: victim.address });
    expect([second.status, tokenOf(second.text)]).toEqual([200, undefined]);
    nothingWasStolen(key);
  });

  it('3: a token is used with the MAC address of another machine', async () => {
    const { text } = await call(rack.base + scriptOf(victim.mac), { from: victim.address });
    const wrong = await steal(sessions, { ...exchange(tokenOf(text), other.mac), from: victim.address });
    expect(wrong.status).toBe(403);
    nothingWasStolen();
  });

  it('4: another source address asks for the script, and another one brings the token', async () => {
    expect(tokenOf((await steal(scriptOf(victim.mac))).text)).toBeUndefined();
    const { text } = await call(rack.base + scriptOf(victim.mac), { from: victim.address });
    expect((await steal(sessions, exchange(tokenOf(text)))).status).toBe(403);
    nothingWasStolen();
  });

  it('5: tokens, session keys and ids are guessed', async () => {
    const { key } = await boots();
    const guesses = Array.from({ length: 50 }, () => newSecret());
    for (const guess of [...guesses, '', 'null', 'undefined', `${key.slice(0, -1)}~`, hashSecret(key)]) {
      expect((await steal(sessions, exchange(guess))).status).toBeGreaterThanOrEqual(400);
      const asked = await steal('/agent/v1/task', { key: guess, from: victim.address });
      expect(asked.status).toBeGreaterThanOrEqual(400);
    }
    nothingWasStolen(key);
  });

  it('6: what a boot that is over left behind is used', async () => {
    const { token, key } = await boots();
    rack.machines.setStatus(victim.name, expecting('Install', 8));
    expect((await steal('/agent/v1/task', { key, from: victim.address })).status).toBeGreaterThanOrEqual(400);
    expect((await steal(sessions, { ...exchange(token), from: victim.address })).status).toBe(410);
    nothingWasStolen();
  });

  it("7: a machine's session asks for another machine's task", async () => {
    const { key } = await boots();
    rack.dhcp(other.mac, other.address);
    const own = await boots(other);
    const task = await steal('/agent/v1/task', { key: own.key, from: other.address });
    expect(task.json).toMatchObject({ kind: 'Inventory' });
    const result = { outcome: 'Succeeded' };
    for (const path of [
      '/agent/v1/tasks/task-8/result',
      '/agent/v1/tasks/..%2Fnode-1/result',
      '/agent/v1/task?machine=node-1',
    ]) {
      const tried = await steal(path, { key: own.key, from: other.address, json: result, method: 'PUT' });
      expect(tried.status).toBeGreaterThanOrEqual(400);
    }
    expect((await steal('/agent/v1/task', { key, from: other.address })).status).toBeGreaterThanOrEqual(400);
    nothingWasStolen(key);
    expect(rack.machines.recorded.tasks).toEqual([]);
  });

  it('8: paths lead out of what TFTP and HTTP serve', async () => {
    const paths = [
      '../state/boot-tokens.json',
      '/etc/passwd',
      '..\\..\\etc\\passwd',
      'snponly.efi/../../x',
      './/../etc/shadow',
    ];
    for (const path of paths) {
      for (const prefix of ['/', '/images/', '/boot/', '/loaders/', '/images/%2e%2e%2f'])
        expect((await steal(prefix + encodeURI(path))).text).not.toMatch(/root:|tokens/);
      expect(await askTftp(path)).toBe('error');
    }
    expect(await askTftp('snponly.efi')).toBe('data');
    nothingWasStolen();
  });

  it('9: the image cache is fed other bytes', async () => {
    const digest = createHash('sha256').update('what it should be').digest('hex');
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'])
      expect((await steal(`/images/${digest}`, { method, json: 'poison' })).status).toBeGreaterThanOrEqual(
        400,
      );
    await rack.addImage(Buffer.from('what it should be'));
    const origin = await serving(() => 'what it was made!');
    rack.known.set(digest, { source: { http: { url: origin.url } }, sizeBytes: 17 });
    await expect(rack.images.ensure(digest)).rejects.toThrow();
    expect(rack.images.has(digest)).toBe(false);
    await origin.close();
    nothingWasStolen();
  });

  it('10: somebody else phones home', async () => {
    rack.machines.setStatus(victim.name, { phoneHomeTokenHash: hashSecret(phoneHome) });
    const tries = [newSecret(), hashSecret(phoneHome), '', 'x'.repeat(5000)];
    for (const token of tries)
      expect(
        (await steal(`/phone-home/v1/node-1/${token}/started`, { method: 'POST' })).status,
      ).toBeGreaterThanOrEqual(400);
    expect((await steal(`/phone-home/v1/node-2/${phoneHome}/started`, { method: 'POST' })).status).toBe(404);
    expect(rack.machines.recorded.boots.filter(({ stage }) => stage === 'PhonedHome')).toEqual([]);
    nothingWasStolen();
  });

  it('11: something poses as a rack and offers images', async () => {
    const content = Buffer.from('an image that is right');
    const forged = await serving(() => 'an image that is wrong');
    const neighbours = createNeighbours({
      ...{ list: () => [{ name: 'forged', url: forged.url, holds: true }], self: 'own' },
      clock: { now: () => Date.now() },
    });
    const beside = await startRack({}, { images: { neighbours, retryAfterMs: [10] } });
    try {
      const digest = await beside.addImage(content);
      const origin = await serving(() => content);
      beside.known.set(digest, { source: { http: { url: origin.url } }, sizeBytes: content.length });
      await beside.images.ensure(digest);
      const served = await call(`${beside.base}/images/${digest}`, { from: thief });
      expect(served.text).toBe('an image that is right');
      await origin.close();
    } finally {
      await beside.stop();
      await forged.close();
    }
  });

  it('12: headers are to turn what others get', async () => {
    const headers = {
      ...{
        host: 'evil.example.com',
        'x-forwarded-host': 'evil.example.com',
        'x-forwarded-for': victim.address,
      },
      ...{ forwarded: `for=${victim.address};host=evil.example.com`, 'x-real-ip': victim.address },
      ...{ 'x-original-url': '/agent/v1/task', 'x-http-method-override': 'PUT' },
    };
    const script = await steal(scriptOf(victim.mac), { headers });
    expect(tokenOf(script.text)).toBeUndefined();
    const own = await call(rack.base + scriptOf(victim.mac), { from: victim.address, headers });
    expect(own.text).not.toContain('evil.example.com');
    const injected = await steal('/boot/52-54-00-00-00-01.ipxe%0d%0aSet-Cookie:%20x=1');
    expect(JSON.stringify(injected.headers)).not.toContain('set-cookie');
    nothingWasStolen();
  });
});

/** Another HTTP server, which is not ours to trust. */
async function serving(body: () => string | Uint8Array): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => response.end(body()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first answer to a read request over real packets: opcode 5 is an error, 3 and 6 are data and its options. */
async function askTftp(name: string): Promise<'data' | 'error'> {
  const port = await freeUdpPort();
  const server = createTftpServer({
    files: (file) => (file === 'snponly.efi' ? Buffer.from('MZ loader') : undefined),
    ...{ sockets: createDgramSockets(), clock: { now: () => Date.now() }, log: silentLogger },
    interfaces: () => [],
  });
  await server.listen({ address: '127.0.0.1', port });
  const socket = createSocket('udp4');
  try {
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    // A datagram may be lost even here.
    const repeat = setInterval(
      () => socket.send(Buffer.from(`\0\x01${name}\0octet\0`), port, '127.0.0.1'),
      200,
    );
    const said = await answer.finally(() => clearInterval(repeat));
    loot.push(said.toString('latin1'));
    return said.readUInt16BE(0) === 5 ? 'error' : 'data';
  } finally {
    socket.close();
    await server.close();
  }
}

async function freeUdpPort(): Promise<number> {
  const probe = createSocket('udp4');
  await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
