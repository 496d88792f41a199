import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { createMemorySockets } from '../net/memory-sockets.ts';
import { encodeData } from './packet.ts';
import type { TftpLimits, TftpServer } from './ports.ts';
import { createTftpServer } from './server.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const request = (name: string, rest = 'octet\0'): Uint8Array => bytes(`\0\x01${name}\0${rest}`);
const ack = (block: number): Uint8Array => Uint8Array.of(0, 4, block >> 8, block);
const peer = { address: '10.0.0.9', port: 2000 };

describe('the TFTP server', () => {
  let server: TftpServer;
  let ended: { name: string; ok: boolean }[];
  const asked: string[] = [];
  let sockets = createMemorySockets();

  async function serve(limits: Partial<TftpLimits> = {}): Promise<void> {
    sockets = createMemorySockets();
    ended = [];
    asked.length = 0;
    server = createTftpServer({
      files(name, { address }) {
        asked.push(`${name} ${address}`);
        return name === 'a' ? bytes('line\n') : name === 'big' ? new Uint8Array(2000) : undefined;
      },
      sockets,
      clock: { now: () => 0 },
      log: silentLogger,
      finished: (transfer) => ended.push(transfer),
      limits,
    });
    await server.listen({});
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
    expect(tid()).not.toBe(69);
    sockets.deliver({ port: tid() }, ack(1), peer);
    expect(ended).toEqual([{ name: 'a', address: '10.0.0.9', bytes: 5, ok: true }]);
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
      data: bytes('\0\x05\0\x05unknown transfer ID\0'),
    });
    sockets.deliver({ port }, ack(1), peer);
    expect(sockets.sent.at(-1)).toMatchObject({ to: peer });
    expect(sockets.sent.at(-1)?.data.subarray(0, 4)).toEqual(Uint8Array.of(0, 3, 0, 2));
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
    sockets.deliver({ port: tid() }, bytes('\0\x05\0\x08user abort\0'), peer);
    expect(ended).toMatchObject([{ ok: false }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets.sent).toHaveLength(1);
  });

  it('starts nothing anew for a repeated request', async () => {
    await serve();
    await ask(request('big'));
    await ask(request('big'));
    expect(asked).toHaveLength(1);
    expect(sockets.sent).toHaveLength(1);
  });

  it('sends a spoofed request’s victim three packets and no more', async () => {
    await serve();
    await ask(request('big'));
    await vi.advanceTimersByTimeAsync(300_000);
    expect(sockets.sent).toHaveLength(3);
    expect(ended).toMatchObject([{ ok: false }]);
  });

  it('limits the transfers of one source and of all, and counts those that ended no more', async () => {
    await serve({ transfersPerSource: 2, transfers: 3 });
    const from = (last: number, port: number) => ({ address: `10.0.0.${last}`, port });
    await ask(request('big'), from(1, 1));
    await ask(request('big'), from(1, 2));
    const second = tid();
    await ask(request('big'), from(1, 3));
    expect(sockets.sent.at(-1)).toMatchObject({ from: 69, to: { port: 3 } });
    await ask(request('big'), from(2, 1));
    await ask(request('big'), from(3, 1));
    expect(sockets.sent.at(-1)).toMatchObject({ from: 69, to: { address: '10.0.0.3' } });
    sockets.deliver({ port: second }, bytes('\0\x05\0\0x\0'), from(1, 2));
    await ask(request('big'), from(1, 4));
    expect(sockets.sent.at(-1)).toMatchObject({ to: { port: 4 }, data: { 1: 3 } });
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
