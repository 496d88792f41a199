import { beforeEach, describe, expect, it } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import type { EchoReply, RawSockets } from '../net/raw-sockets.ts';
import { createPingCheck, type PingCheck, type PingLimits } from './ping-check.ts';

const address = 0x0a000064;

/** A network on which `answering` answers at once. */
function memoryEcho() {
  const world = {
    answering: new Set<number>(),
    asked: [] as { address: number; device: string | undefined }[],
    open: 0,
    /** What every reply is changed by. */
    forge: (reply: EchoReply): EchoReply => reply,
    refuse: false,
  };
  const raw: RawSockets = {
    openEcho({ device }) {
      world.open += 1;
      const replies: EchoReply[] = [];
      let closed = false;
      return {
        ask(to, identifier, sequence) {
          if (world.refuse) throw new Error('no route');
          world.asked.push({ address: to, device });
          if (world.answering.has(to)) replies.push(world.forge({ address: to, identifier, sequence }));
        },
        next() {
          if (closed) throw new Error('a closed socket was read');
          return replies.shift();
        },
        close() {
          closed = true;
          world.open -= 1;
        },
      };
    },
    openDhcpTap() {
      throw new Error('not here');
    },
  };
  return { world, raw };
}

describe('the ping check', () => {
  let timers: ManualTimers;
  let echo: ReturnType<typeof memoryEcho>;
  let ping: PingCheck;
  const make = (limits: Partial<PingLimits> = {}) =>
    createPingCheck({ raw: echo.raw, log: silentLogger, timers, limits });

  beforeEach(() => {
    timers = createManualTimers();
    echo = memoryEcho();
    ping = make();
  });

  it('finds an address free when nobody answers in time, and asks on the interface', async () => {
    const verdict = ping.check(address, 'eth1');
    expect(ping.waiting(address)).toBe(1);
    await timers.advance(250);
    expect(await verdict).toBe('Free');
    expect(ping.waiting(address)).toBe(0);
    expect(echo.world.asked).toEqual([{ address, device: 'eth1' }]);
  });

  it('finds it in use as soon as somebody answers', async () => {
    echo.world.answering.add(address);
    const verdict = ping.check(address, undefined);
    await timers.advance(10);
    expect(await verdict).toBe('InUse');
  });

  it('finds it in use where this process was busy all the time', async () => {
    echo.world.answering.add(address);
    const verdict = ping.check(address, undefined);
    timers.freeze(1000);
    await timers.advance(0);
    expect(await verdict).toBe('InUse');
  });

  it.each<[string, (reply: EchoReply) => EchoReply]>([
    ['another identifier', (reply) => ({ ...reply, identifier: reply.identifier ^ 1 })],
    ['another sequence', (reply) => ({ ...reply, sequence: reply.sequence ^ 1 })],
    ['another address', (reply) => ({ ...reply, address: reply.address + 1 })],
  ])('takes no reply with %s', async (_sentence, forge) => {
    echo.world.answering.add(address);
    echo.world.forge = forge;
    const verdict = ping.check(address, undefined);
    await timers.advance(250);
    expect(await verdict).toBe('Free');
  });

  it('remembers an answer for 30 seconds, and asks again then', async () => {
    const first = ping.check(address, undefined);
    await timers.advance(250);
    await first;
    await timers.advance(29_000);
    expect(ping.check(address, undefined)).toBe('Free');
    await timers.advance(1_001);
    expect(ping.check(address, undefined)).toBeInstanceOf(Promise);
  });

  it('asks once where two want to know', async () => {
    const both = [ping.check(address, undefined), ping.check(address, undefined)];
    expect(ping.waiting(address)).toBe(2);
    await timers.advance(250);
    expect(await Promise.all(both)).toEqual(['Free', 'Free']);
    expect(echo.world.asked).toHaveLength(1);
  });

  it('asks no more than its limits, and makes nobody wait for the rest', async () => {
    ping = make({ perSecond: 5, mostAtOnce: 3 });
    const verdicts = Array.from({ length: 10 }, (_, index) => ping.check(address + index, undefined));
    expect(verdicts.filter((verdict) => verdict === 'Unknown')).toHaveLength(7);
    await timers.advance(250);
    // 2 of the first second are left, and one has been earned since.
    const later = Array.from({ length: 10 }, (_, index) => ping.check(address + 100 + index, undefined));
    expect(later.filter((verdict) => verdict !== 'Unknown')).toHaveLength(3);
    await timers.advance(250);
  });

  it('is skipped where nothing can be sent', () => {
    echo.world.refuse = true;
    expect(ping.check(address, 'eth1')).toBe('Unknown');
    expect(echo.world.open).toBe(0);
  });

  it('has neither sockets nor timers when nothing is asked', async () => {
    echo.world.answering.add(address);
    ping.check(address, 'eth1');
    ping.check(address + 1, 'eth2');
    expect(echo.world.open).toBe(2);
    await timers.advance(250);
    expect(echo.world.open).toBe(0);
    expect(timers.pending()).toBe(0);
  });

  it('answers those who wait when it is closed', async () => {
    const verdict = ping.check(address, undefined);
    ping.close();
    expect(await verdict).toBe('Unknown');
    expect(echo.world.open).toBe(0);
  });
});
