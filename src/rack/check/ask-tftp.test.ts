import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { createMemorySockets, type MemorySockets, type SentDatagram } from '../net/memory-sockets.ts';
import { encodeData, encodeError, encodeOptionAck } from '../tftp/packet.ts';
import { createTftpServer } from '../tftp/server.ts';
import { askTftp } from './ask-tftp.ts';

const address = '10.0.0.2';
const question = { device: 'eth1', address, file: 'snponly.efi' };
const opOf = ({ data }: SentDatagram): number => data[1] ?? 0;

/** Our own server on the other side of the same network. */
async function withServer(sockets: MemorySockets, size: number): Promise<() => Promise<void>> {
  const server = createTftpServer({
    files: (name) => (name === 'snponly.efi' ? new Uint8Array(size) : undefined),
    sockets,
    clock: { now: () => 0 },
    log: silentLogger,
    interfaces: () => [],
    mtu: () => 1500,
  });
  await server.listen({});
  sockets.onSent(({ from, to, data }) => {
    queueMicrotask(() => sockets.deliver({ device: 'eth1', port: to.port }, data, { address, port: from }));
  });
  return () => server.close();
}

/** A server of one answer to each packet of the client. */
function answers(sockets: MemorySockets, ...packets: (Uint8Array | undefined)[]): void {
  sockets.onSent(({ from }) => {
    const packet = packets.shift();
    if (packet === undefined) return;
    queueMicrotask(() => sockets.deliver({ device: 'eth1', port: from }, packet, { address, port: 5000 }));
  });
}

const options = (size: number) =>
  encodeOptionAck(
    new Map([
      ['blksize', '1024'],
      ['tsize', String(size)],
    ]),
  );

describe('asking for a file by TFTP', () => {
  it.each([[1], [1023], [1024], [5000]])(
    'reads all of %i bytes from the server of the rack',
    async (size) => {
      const sockets = createMemorySockets();
      const close = await withServer(sockets, size);
      expect(await askTftp(question, sockets, createManualTimers())).toBeUndefined();
      await close();
      expect(sockets.sent[0]).toMatchObject({ device: 'eth1', to: { address, port: 69 } });
      const acks = sockets.sent.filter((sent) => opOf(sent) === 4);
      expect(acks).toHaveLength(1 + Math.floor(size / 1024) + 1);
      expect(new Set(acks.map(({ to }) => to.port))).not.toContain(69);
    },
  );

  it('says what the server says of a file that is not there', async () => {
    const sockets = createMemorySockets();
    const close = await withServer(sockets, 10);
    const asked = askTftp({ ...question, file: 'none' }, sockets, createManualTimers());
    expect(await asked).toBe('it answers: no such file');
    await close();
  });

  it('reads from a server that knows no options', async () => {
    const sockets = createMemorySockets();
    answers(sockets, encodeData(1, new Uint8Array(512)), encodeData(2, new Uint8Array(3)));
    expect(await askTftp(question, sockets, createManualTimers())).toBeUndefined();
  });

  it('asks again when an answer is lost', async () => {
    const sockets = createMemorySockets();
    const timers = createManualTimers();
    answers(sockets, undefined, options(3), undefined, encodeData(1, new Uint8Array(3)));
    const asked = askTftp(question, sockets, timers);
    await timers.advance(3_000);
    expect(await asked).toBeUndefined();
    expect(sockets.sent.map(opOf)).toEqual([1, 1, 4, 4, 4]);
  });

  it.each<[string, (Uint8Array | undefined)[], string]>([
    ['nobody answers', [], 'no answer came'],
    ['the server falls silent', [options(2000), encodeData(1, new Uint8Array(1024))], 'it stopped to answer'],
    ['less comes than was said', [options(2000), encodeData(1, new Uint8Array(9))], '9 bytes came of 2000'],
    ['nothing is in the file', [options(0), encodeData(1, new Uint8Array(0))], '0 bytes came of 0'],
    ['an error has no words', [encodeError(4, '')], 'it answers: error 4'],
  ])('says so when %s', async (_what, packets, said) => {
    const sockets = createMemorySockets();
    const timers = createManualTimers();
    answers(sockets, ...packets);
    const asked = askTftp(question, sockets, timers);
    await timers.advance(30_000);
    expect(await asked).toBe(said);
    expect(timers.pending()).toBe(0);
  });

  it('listens to the one server alone, and gives the port back', async () => {
    const sockets = createMemorySockets();
    const timers = createManualTimers();
    const asked = askTftp(question, sockets, timers);
    await timers.advance(1);
    const at = { device: 'eth1', port: sockets.sent[0]?.from ?? 0 };
    sockets.deliver(at, encodeError(1, 'of a stranger'), { address: '10.0.0.9', port: 69 });
    sockets.deliver(at, Uint8Array.of(9, 9, 9), { address, port: 5000 });
    sockets.deliver(at, options(3), { address, port: 5000 });
    sockets.deliver(at, encodeError(1, 'of another port'), { address, port: 5001 });
    sockets.deliver(at, options(99), { address, port: 5000 });
    sockets.deliver(at, encodeData(7, new Uint8Array(3)), { address, port: 5000 });
    sockets.deliver(at, encodeData(1, new Uint8Array(3)), { address, port: 5000 });
    expect(await asked).toBeUndefined();
    expect(sockets.deliver(at, new Uint8Array(), { address, port: 5000 })).toBe(false);
  });
});
