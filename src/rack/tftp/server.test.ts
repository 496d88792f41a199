import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { createMemorySockets } from '../net/memory-sockets.ts';
import { encodeData } from './packet.ts';
import type { FinishedTransfer, TftpLimits, TftpServer, TftpServerDeps } from './ports.ts';
import { createTftpServer } from './server.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const request = (name: string, rest = 'octet\0'): Uint8Array => bytes(`\0\x01${name}\0${rest}`);
const ack = (block: number): Uint8Array => Uint8Array.of(0, 4, block >> 8, block);
const peer = { address: '10.0.0.9', port: 2000 };

describe('the TFTP server', () => {
  let server: TftpServer;
  let ended: FinishedTransfer[];
  let refused: string[];
  let now = 0;
  const asked: string[] = [];
  let sockets = createMemorySockets();

  async function serve(
    limits: Partial<TftpLimits> = {},
    change: Partial<TftpServerDeps> = {},
    where: { address?: string; device?: string } = {},
  ): Promise<void> {
    sockets = createMemorySockets();
    now = 0;
    ended = [];
    refused = [];
    asked.length = 0;
    server = createTftpServer({
      files(name, { address }) {
        asked.push(`${name} ${address}`);
        return name === 'a' ? bytes('line\n') : name === 'big' ? new Uint8Array(2000) : undefined;
      },
      sockets,
      clock: { now: () => now },
      log: silentLogger,
      known: (address) => address.startsWith('10.0.0.'),
      finished: (transfer) => ended.push(transfer),
      refused: ({ reason }) => refused.push(reason),
      limits,
      interfaces: () => [],
      mtu: () => 1500,
      ...change,
    });
    await server.listen(where);
  }
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
  async function ask(data: Uint8Array, from = peer): Promise<void> {
    sockets.deliver({ port: 69 }, data, from);
    await settle();
  }
  /** The port that the last transfer is sent from. */
  const tid = (): number => sockets.sent.at(-1)?.from ?? 0;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    await server.close();
    vi.useRealTimers();
  });

  it('sends a file from a port of its own and is told when it ends', async () => {
    await serve();
    await ask(request('a'));
    expect(sockets.sent).toMatchObject([{ to: peer, data: encodeData(1, bytes('line\n')) }]);
    now = 7;
    expect(tid()).not.toBe(69);
    sockets.deliver({ port: tid() }, ack(1), peer);
    expect(ended).toEqual([
      { name: 'a', address: '10.0.0.9', bytes: 5, ok: true, outcome: 'Done', durationMs: 7 },
    ]);
    expect(asked).toEqual(['a 10.0.0.9']);
  });

  it('converts to netascii', async () => {
    await serve();
    await ask(request('a', 'netascii\0tsize\x000\0'));
    expect(sockets.sent).toMatchObject([{ data: bytes('\0\x06tsize\x006\0') }]);
    sockets.deliver({ port: tid() }, ack(0), peer);
    expect(sockets.sent[1]).toMatchObject({ data: encodeData(1, bytes('line\r\n')) });
  });

  it.each([
    ['a file that is not there', request('b'), '\0\x05\0\x01no such file\0'],
    ['a path', request('../../etc/passwd'), '\0\x05\0\x01no such file\0'],
    ['a write', bytes('\0\x02a\0octet\0'), '\0\x05\0\x02read only\0'],
    ['a mode from before RFC 1350', request('a', 'mail\0'), '\0\x05\0\x04unknown mode\0'],
  ])('refuses %s', async (_name, data, error) => {
    await serve();
    await ask(data);
    expect(sockets.sent).toMatchObject([{ to: peer, data: bytes(error) }]);
  });

  it.each([
    ['an error', bytes('\0\x05\0\x01no\0')],
    ['an ACK', ack(1)],
    ['noise', bytes('xyz')],
  ])('never answers %s at its own port', async (_name, data) => {
    await serve();
    await ask(data);
    expect(sockets.sent).toEqual([]);
  });

  it('tells a stranger on a transfer’s port, and the transfer goes on', async () => {
    await serve();
    await ask(request('big'));
    const port = tid();
    sockets.deliver({ port }, ack(1), { address: '10.0.0.66', port: 2000 });
    expect(sockets.sent.at(-1)).toMatchObject({
      to: { address: '10.0.0.66' },
      data: bytes('\0\x05\0\x05\0'),
    });
    sockets.deliver({ port }, ack(1), peer);
    expect(sockets.sent.at(-1)).toMatchObject({ to: peer });
    expect([...(sockets.sent.at(-1)?.data.subarray(0, 4) ?? [])]).toEqual([0, 3, 0, 2]);
  });

  it('does not answer a stranger’s error, nor end for it', async () => {
    await serve();
    await ask(request('big'));
    sockets.deliver({ port: tid() }, bytes('\0\x05\0\0x\0'), { address: '10.0.0.66', port: 2000 });
    expect(sockets.sent).toHaveLength(1);
    expect(ended).toEqual([]);
  });

  it('ends when the client says error', async () => {
    await serve();
    await ask(request('big'));
    sockets.deliver({ port: tid() }, ack(1), peer);
    sockets.deliver({ port: tid() }, bytes('\0\x05\0\x03disk full\0'), peer);
    expect(ended).toMatchObject([{ ok: false, outcome: 'Aborted' }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets.sent).toHaveLength(2);
  });

  it('serves a client that only asks for the size, says error, and asks anew from the next port (OVMF)', async () => {
    await serve();
    await ask(request('big', 'octet\0tsize\x000\0'));
    expect(sockets.sent.at(-1)?.data).toEqual(bytes('\0\x06tsize\x002000\0'));
    sockets.deliver({ port: tid() }, bytes('\0\x05\0\x08User aborted the transfer\0'), peer);
    expect(ended).toMatchObject([{ ok: true, outcome: 'Probe' }]);
    await ask(request('big', 'octet\0tsize\x000\0blksize\x001024\0'), { ...peer, port: 2001 });
    sockets.deliver({ port: tid() }, ack(0), { ...peer, port: 2001 });
    expect(sockets.sent.at(-1)?.data).toHaveLength(4 + 1024);
  });

  describe('a request from a port that already has one', () => {
    const withOptions = (size: number): Uint8Array => request('big', `octet\0blksize\x00${size}\0`);

    it('is answered from the same port again when the first answer was lost', async () => {
      await serve();
      await ask(withOptions(600));
      const port = tid();
      await ask(withOptions(600));
      expect(sockets.sent.map(({ from }) => from)).toEqual([port, port]);
      expect(sockets.sent[1]?.data).toEqual(sockets.sent[0]?.data);
      sockets.deliver({ port }, ack(0), peer);
      sockets.deliver({ port }, ack(0), peer);
      expect(sockets.sent).toHaveLength(3);
    });

    it('begins anew when it asks for something else', async () => {
      await serve();
      await ask(withOptions(600));
      const port = tid();
      await ask(withOptions(700));
      expect(tid()).not.toBe(port);
      expect(ended).toMatchObject([{ outcome: 'Restarted' }]);
      expect(sockets.deliver({ port }, ack(0), peer)).toBe(false);
    });

    it('is an echo while the transfer is alive, and a machine that was reset when it is not', async () => {
      await serve();
      await ask(withOptions(600));
      const port = tid();
      sockets.deliver({ port }, ack(0), peer);
      await ask(withOptions(600));
      expect(sockets.sent).toHaveLength(2);
      now = 1500;
      await ask(withOptions(600));
      expect(sockets.sent).toHaveLength(3);
      expect(tid()).not.toBe(port);
    });
  });

  it('takes a name as firmware writes it', async () => {
    await serve();
    await ask(request('\\A\xff'));
    expect(asked).toEqual(['a 10.0.0.9']);
    expect(sockets.sent).toMatchObject([{ data: encodeData(1, bytes('line\n')) }]);
  });

  it('grants no block that would be cut in pieces on the way', async () => {
    await serve({}, { mtu: () => 1400 }, { device: 'eth0' });
    sockets.deliver({ device: 'eth0', port: 69 }, request('big', 'octet\0blksize\x001468\0'), peer);
    await settle();
    expect(sockets.sent.at(-1)?.data).toEqual(bytes('\0\x06blksize\x001368\0'));
  });

  it('ends a transfer that would go on for ever', async () => {
    await serve({ graceMs: 10_000 });
    await ask(request('big'));
    now = 9_000;
    sockets.deliver({ port: tid() }, ack(1), peer);
    now = 12_000;
    sockets.deliver({ port: tid() }, ack(2), peer);
    expect(ended).toMatchObject([{ ok: false, outcome: 'TooSlow' }]);
    expect(sockets.sent.at(-1)?.data.subarray(0, 4)).toEqual(bytes('\0\x05\0\0'));
  });

  describe('what is sent before the first ACK', () => {
    const forged = (n: number) => ({ address: `192.0.${n >> 8}.${n & 255}`, port: 1024 + n });
    const sentBytes = (): number => sockets.sent.reduce((sum, { data }) => sum + data.length, 0);

    it('is three packets to a known client that falls silent', async () => {
      await serve();
      await ask(request('big'));
      await vi.advanceTimersByTimeAsync(300_000);
      expect(sockets.sent).toHaveLength(3);
      expect(ended).toMatchObject([{ outcome: 'TimedOut' }]);
    });

    it('is one packet to an unknown one', async () => {
      await serve();
      await ask(request('big'), forged(1));
      await vi.advanceTimersByTimeAsync(300_000);
      expect(sockets.sent).toHaveLength(1);
      expect(ended).toMatchObject([{ outcome: 'TimedOut' }]);
    });

    it.each([
      ['without options', 'octet\0'],
      ['with options', 'octet\0tsize\x000\0blksize\x001468\0windowsize\x0016\0'],
      ['for nothing', 'octet\0', 'none'],
    ])('is no more than 3 times what came in from forged addresses %s', async (_what, rest, name = 'big') => {
      await serve();
      const data = request(name, rest);
      for (let n = 0; n < 600; n += 1) await ask(data, forged(n));
      await vi.advanceTimersByTimeAsync(50_000);
      expect(sentBytes()).toBeGreaterThan(0);
      expect(sentBytes()).toBeLessThanOrEqual(3 * 600 * data.length);
    });

    it('nor from one forged address, not even one that is known', async () => {
      for (const address of ['192.0.2.1', '10.0.0.9']) {
        await serve();
        const data = request('big');
        for (let n = 0; n < 600; n += 1) await ask(data, { address, port: 1024 + n });
        await vi.advanceTimersByTimeAsync(50_000);
        expect(sentBytes()).toBeGreaterThan(0);
        expect(sentBytes()).toBeLessThanOrEqual(3 * 600 * data.length);
        await server.close();
      }
    });

    it('is less than what came in to strangers on the port of a transfer, and ends', async () => {
      await serve();
      await ask(request('big'));
      const port = tid();
      const before = sentBytes();
      for (let n = 0; n < 100; n += 1) sockets.deliver({ port }, ack(1), forged(n));
      expect(sentBytes() - before).toBe(16 * 5);
    });

    it('leaves room for known clients when forged requests come without end', async () => {
      await serve({ transfers: 8 });
      const data = request('big', 'octet\0tsize\x000\0blksize\x001468\0');
      for (let n = 0; n < 50; n += 1) await ask(data, forged(n));
      expect(refused.filter((reason) => reason === 'Busy')).toHaveLength(46);
      for (const port of [1, 2, 3, 4]) await ask(data, { ...peer, port });
      expect(sockets.sent.filter(({ to }) => to.address === peer.address)).toHaveLength(4);
    });
  });

  it('limits one source when room is scarce, in silence, and counts those that ended no more', async () => {
    await serve({ transfersPerSource: 2, transfers: 4 });
    const from = (last: number, port: number) => ({ address: `10.0.0.${last}`, port });
    await ask(request('big'), from(1, 1));
    await ask(request('big'), from(1, 2));
    const second = tid();
    await ask(request('big'), from(1, 3));
    expect(sockets.sent).toHaveLength(2);
    await ask(request('big'), from(2, 1));
    expect(sockets.sent).toHaveLength(3);
    sockets.deliver({ port: second }, bytes('\0\x05\0\0x\0'), from(1, 2));
    await ask(request('big'), from(1, 4));
    expect(sockets.sent.at(-1)).toMatchObject({ to: { port: 4 }, data: { 1: 3 } });
    await ask(request('big'), from(3, 1));
    await ask(request('big'), from(4, 1));
    expect(refused).toEqual(['Busy', 'Busy']);
  });

  it('answers from the address that was asked', async () => {
    const family = 4 as const;
    const addresses = ['10.0.0.1', '10.0.1.1'].map((address) => ({ family, address, cidr: `${address}/24` }));
    const opened: unknown[] = [];
    await serve(
      {},
      {
        interfaces: () => [{ name: 'eth0', mac: '52:54:00:00:00:01', addresses }],
        sockets: {
          openLinkSender: () => undefined,
          openUdp4(options) {
            opened.push(options);
            return sockets.openUdp4({ ...options, device: options.address ?? '' });
          },
        },
      },
      { device: 'eth0' },
    );
    for (const address of ['10.0.0.9', '10.7.7.7']) {
      sockets.deliver({ device: '10.0.1.1', port: 69 }, request('a'), { address, port: 5 });
      sockets.deliver({ device: '10.0.0.1', port: 69 }, request('a'), { address, port: 6 });
    }
    expect(opened).toMatchObject([
      { device: 'eth0', address: '10.0.0.1', port: 69 },
      { device: 'eth0', address: '10.0.1.1', port: 69 },
      { address: '10.0.1.1', port: 0 },
      { device: 'eth0', address: '10.0.0.1', port: 0 },
      { address: '10.0.1.1', port: 0 },
      { address: '10.0.0.1', port: 0 },
    ]);
  });

  it('does not fill the log with what loaders try', async () => {
    const lines: string[] = [];
    const log = { ...silentLogger, info: (_fields: object, message: string) => lines.push(message) };
    await serve({}, { log: { ...log, child: () => silentLogger } });
    lines.length = 0;
    for (let n = 0; n < 50; n += 1) await ask(request(`pxelinux.cfg/${n}`));
    expect(lines).toEqual([]);
    for (let n = 0; n < 50; n += 1) await ask(request(`other-${n}`));
    expect(lines).toHaveLength(5);
    expect(sockets.sent).toHaveLength(100);
  });

  it('has nothing left when it is closed', async () => {
    await serve();
    await ask(request('big'));
    await server.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets.sent).toHaveLength(1);
    expect(sockets.deliver({ port: 69 }, request('a'), peer)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
