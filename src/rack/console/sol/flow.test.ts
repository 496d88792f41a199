import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../../kube/manual-timers.ts';
import { createSolFlow, queueBytes, type SolFlow } from './flow.ts';
import type { SolReport, SolRequest } from './payload.ts';

const timings = { retries: [100, 100, 100], pauseMs: 50 };
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const idle: SolReport = {
  ...{ sequence: 0, acknowledges: 0, accepted: 0, nack: false },
  ...{ unavailable: false, deactivating: false, overrun: false, breakDetected: false },
  data: new Uint8Array(),
};

interface Setting {
  flow: SolFlow;
  timers: ManualTimers;
  sent: SolRequest[];
  received: string[];
  lost: string[];
  drained(): number;
}

function setting(charactersToBmc = 4): Setting {
  const timers = createManualTimers();
  const sent: SolRequest[] = [];
  const received: string[] = [];
  const lost: string[] = [];
  let drained = 0;
  const flow = createSolFlow({
    charactersToBmc,
    timings,
    send: (packet) => sent.push(packet),
    received: (data) => received.push(Buffer.from(data).toString()),
    drained: () => drained++,
    lost: (why) => lost.push(why),
    after: (ms, callback) => timers.after(ms, callback),
  });
  return { flow, timers, sent, received, lost, drained: () => drained };
}

const shown = ({ sequence, sendBreak, data }: SolRequest): string =>
  `${sequence}${sendBreak ? ' BREAK' : ''} ${Buffer.from(data).toString()}`.trim();

describe('characters to the BMC', () => {
  it('go one packet at a time, each numbered, the next when the one before is acknowledged', () => {
    const { flow, sent } = setting();
    flow.write(text('hello world'));
    expect(sent.map(shown)).toEqual(['1 hell']);
    flow.receive({ ...idle, acknowledges: 1, accepted: 4 });
    flow.receive({ ...idle, acknowledges: 2, accepted: 4 });
    flow.receive({ ...idle, acknowledges: 2, accepted: 4 });
    expect(sent.map(shown)).toEqual(['1 hell', '2 o wo', '3 rld']);
    expect(flow.waiting()).toBe(3);
  });

  it('are sent again as they were until the BMC is given up', async () => {
    const { flow, timers, sent, lost } = setting();
    flow.write(text('ab'));
    flow.write(text('cd'));
    await timers.advance(300);
    expect(sent.map(shown)).toEqual(['1 ab', '1 ab', '1 ab']);
    expect(lost).toEqual(['Silent']);
    expect(flow.write(text('x'))).toBe(false);
  });

  it('that were not taken come again, after a pause when they were refused', async () => {
    const { flow, timers, sent } = setting();
    flow.write(text('abcdef'));
    flow.receive({ ...idle, acknowledges: 1, accepted: 1, nack: true, unavailable: true });
    expect(sent.map(shown)).toEqual(['1 abcd']);
    await timers.advance(50);
    expect(sent.map(shown)).toEqual(['1 abcd', '2 bcde']);
    flow.receive({ ...idle, acknowledges: 2, accepted: 2 });
    expect(sent.map(shown)).toEqual(['1 abcd', '2 bcde', '3 def']);
  });

  it('go on at once when the BMC says that it takes them again', () => {
    const { flow, sent } = setting();
    flow.write(text('ab'));
    flow.receive({ ...idle, acknowledges: 1, nack: true, unavailable: true });
    flow.receive(idle);
    expect(sent.map(shown)).toEqual(['1 ab', '2 ab']);
  });

  it('keep a BREAK in its place', () => {
    const { flow, sent } = setting();
    flow.write(text('a'));
    flow.sendBreak();
    flow.write(text('b'));
    for (const acknowledges of [1, 2, 3]) flow.receive({ ...idle, acknowledges, accepted: 1 });
    expect(sent.map(shown)).toEqual(['1 a', '2 BREAK', '3 b']);
  });

  it('have a bound, and whoever writes is told when there is room', () => {
    const { flow, drained } = setting(255);
    expect(flow.write(new Uint8Array(queueBytes / 2))).toBe(true);
    expect(flow.write(new Uint8Array(queueBytes))).toBe(false);
    for (let sequence = 1; drained() === 0; sequence = (sequence % 15) + 1)
      flow.receive({ ...idle, acknowledges: sequence, accepted: 255 });
    expect(flow.waiting()).toBeLessThan(queueBytes);
  });
});

describe('characters of the machine', () => {
  it('are acknowledged each time and taken once, with what a repetition has more', () => {
    const { flow, sent, received } = setting();
    flow.receive({ ...idle, sequence: 1, data: text('ab') });
    flow.receive({ ...idle, sequence: 1, data: text('abc') });
    flow.receive({ ...idle, sequence: 1, data: text('abc') });
    flow.receive({ ...idle, sequence: 2, data: text('d') });
    expect(received.join('')).toBe('abcd');
    expect(sent.map(({ acknowledges, accepted }) => [acknowledges, accepted])).toEqual([
      [1, 2],
      [1, 3],
      [1, 3],
      [2, 1],
    ]);
  });

  it('that come late are not taken twice', () => {
    const { flow, received } = setting();
    for (const sequence of [14, 15, 1, 14, 15, 2]) {
      flow.receive({ ...idle, sequence, data: text(`${sequence} `) });
    }
    expect(received.join('')).toBe('14 15 1 2 ');
  });

  it('end when the BMC says so', () => {
    const { flow, lost, sent } = setting();
    flow.receive({ ...idle, deactivating: true });
    flow.write(text('x'));
    expect([lost, sent]).toEqual([['Deactivated'], []]);
  });
});

describe('two ends with a network between that loses, doubles and delays', () => {
  /** A BMC as the specification has it, with a small buffer that fills up. */
  function bmc(answer: (report: SolReport) => void, room: () => number) {
    let last = { sequence: 0, accepted: 0 };
    let heard = '';
    return {
      heard: () => heard,
      receive({ sequence, data }: SolRequest): void {
        if (sequence === 0) return;
        if (sequence !== last.sequence) {
          const accepted = Math.min(room(), data.length);
          heard += Buffer.from(data.subarray(0, accepted)).toString();
          last = { sequence, accepted };
        }
        const short = last.accepted < data.length;
        answer({ ...idle, acknowledges: sequence, accepted: last.accepted, nack: short, unavailable: short });
      },
    };
  }

  it('carries every character once and in order, as long as not all tries are lost', async () => {
    const fate = fc.constantFrom('Pass', 'Pass', 'Pass', 'Lose', 'Double');
    const property = fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 12 }),
      fc.array(fate, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 10 }),
      async (writes, fates, rooms) => {
        const timers = createManualTimers();
        let [nthFate, nthRoom] = [0, 0];
        const way = () => {
          let inARow = 0;
          return (deliver: () => void): void => {
            const drawn = fates[nthFate++ % fates.length];
            inARow = drawn === 'Lose' ? inARow + 1 : 0;
            if (drawn === 'Lose' && inARow <= 2) return;
            inARow = 0;
            deliver();
            if (drawn === 'Double') deliver();
          };
        };
        const [there, back] = [way(), way()];
        // What fits never stays at nothing.
        const room = (): number => (rooms[nthRoom++ % rooms.length] ?? 1) + (nthRoom % 3 === 0 ? 1 : 0);
        const other = bmc((report) => timers.after(1, () => back(() => flow.receive(report))), room);
        const flow = createSolFlow({
          charactersToBmc: 8,
          timings: { retries: Array.from({ length: 12 }, () => 20), pauseMs: 5 },
          send: (packet) => timers.after(1, () => there(() => other.receive(packet))),
          received: () => undefined,
          drained: () => undefined,
          lost: (why) => expect.fail(why),
          after: (ms, callback) => timers.after(ms, callback),
        });
        for (const write of writes) flow.write(text(write));
        // At worst there is room for one character in three packets, and of three tries on either way one arrives.
        const packetMs = 3 * 3 * 20 + 5 + 2;
        const mostMs = 3 * packetMs * (text(writes.join('')).length + 1);
        for (let ms = 0; ms < mostMs && flow.waiting() > 0; ms += 20) await timers.advance(20);
        expect(other.heard()).toBe(writes.join(''));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
