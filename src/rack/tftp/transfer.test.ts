import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits, type TransferTerms } from './negotiate.ts';
import { toNetascii } from './netascii.ts';
import { Transfer, type TransferStep } from './transfer.ts';

function terms(change: Partial<TransferTerms> = {}): TransferTerms {
  return { blockSize: 8, windowSize: 1, timeoutMs: 1000, backOff: true, accepted: undefined, ...change };
}

function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7);
}

function blocks(step: TransferStep): number[] {
  if (step.kind !== 'Send') return [];
  return step.packets.map((packet) => ((packet[2] ?? 0) << 8) | (packet[3] ?? 0));
}

/** A client as RFC 7440 describes it: takes what comes in order, ACKs at the end of a window or at a gap. */
function receive(
  transfer: Transfer,
  windowSize: number,
  blockSize: number,
  lost: () => boolean,
): { data: number[]; ended: string } {
  const data: number[] = [];
  let expected = 1;
  let step = transfer.start();
  for (let round = 0; round < 100_000; round += 1) {
    if (step.kind === 'Done' || step.kind === 'GiveUp') return { data, ended: step.kind };
    if (step.kind === 'Wait') {
      step = transfer.timeout();
      continue;
    }
    let answer: number | undefined;
    let fresh = 0;
    for (const packet of step.packets) {
      if (lost()) continue;
      if (packet[1] === 6) {
        answer = 0;
        continue;
      }
      if ((((packet[2] ?? 0) << 8) | (packet[3] ?? 0)) !== (expected & 0xffff)) {
        answer ??= (expected - 1) & 0xffff;
        continue;
      }
      data.push(...packet.subarray(4));
      expected += 1;
      fresh += 1;
      if (fresh === windowSize || packet.length - 4 < blockSize) answer = (expected - 1) & 0xffff;
    }
    step = answer === undefined || lost() ? transfer.timeout() : transfer.acknowledge(answer);
  }
  return { data, ended: 'never' };
}

describe('a TFTP transfer', () => {
  it('sends one block for each ACK, and an empty one after a file that fills its last', () => {
    const transfer = new Transfer(content(16), terms(), defaultLimits);
    expect(blocks(transfer.start())).toEqual([1]);
    expect(blocks(transfer.acknowledge(1))).toEqual([2]);
    const last = transfer.acknowledge(2);
    expect(last).toMatchObject({ kind: 'Send', packets: [Buffer.of(0, 3, 0, 3)] });
    expect(transfer.acknowledge(3)).toEqual({ kind: 'Done' });
  });

  it('waits for the ACK of its options before it sends data', () => {
    const transfer = new Transfer(content(9), terms({ accepted: new Map([['tsize', '9']]) }), defaultLimits);
    expect(transfer.start()).toMatchObject({ kind: 'Send', packets: [expect.objectContaining({ 1: 6 })] });
    expect(transfer.acknowledge(1)).toEqual({ kind: 'Wait' });
    expect(blocks(transfer.acknowledge(0))).toEqual([1]);
  });

  it('never sends again for a repeated ACK (RFC 1123, the sorcerer’s apprentice)', () => {
    const transfer = new Transfer(content(30), terms(), defaultLimits);
    transfer.start();
    expect(blocks(transfer.acknowledge(1))).toEqual([2]);
    expect(transfer.acknowledge(1)).toEqual({ kind: 'Wait' });
    expect(transfer.acknowledge(0)).toEqual({ kind: 'Wait' });
    expect(blocks(transfer.acknowledge(2))).toEqual([3]);
  });

  it('ignores ACKs of blocks that were never sent', () => {
    const transfer = new Transfer(content(30), terms(), defaultLimits);
    transfer.start();
    for (const block of [2, 3, 40_000, 65_535]) expect(transfer.acknowledge(block)).toEqual({ kind: 'Wait' });
  });

  it('goes on with 0 after block 65535', () => {
    const transfer = new Transfer(content(8 * 65_537 + 1), terms({ windowSize: 2 }), defaultLimits);
    let step = transfer.start();
    for (let sent = blocks(step); sent[0] !== 65_535; sent = blocks(step))
      step = transfer.acknowledge(sent[1] ?? 0);
    expect(blocks(step)).toEqual([65_535, 0]);
    expect(blocks(transfer.acknowledge(0))).toEqual([1, 2]);
    expect(transfer.acknowledge(2)).toEqual({ kind: 'Done' });
  });

  it('sends a window, and goes on after the last block that arrived (RFC 7440)', () => {
    const transfer = new Transfer(content(80), terms({ windowSize: 4 }), defaultLimits);
    expect(blocks(transfer.start())).toEqual([1, 2, 3, 4]);
    expect(blocks(transfer.acknowledge(2))).toEqual([3, 4, 5, 6]);
    expect(blocks(transfer.acknowledge(6))).toEqual([7, 8, 9, 10]);
  });

  it('fills the gap at the start of a window once', () => {
    const transfer = new Transfer(content(80), terms({ windowSize: 4 }), defaultLimits);
    transfer.start();
    transfer.acknowledge(4);
    expect(blocks(transfer.acknowledge(4))).toEqual([5, 6, 7, 8]);
    expect(transfer.acknowledge(4)).toEqual({ kind: 'Wait' });
  });

  it('resends with growing waits, sooner gives up on who never answered, and forgets at every ACK', () => {
    const transfer = new Transfer(content(80), terms(), { resendsBeforeFirstAck: 1, resends: 2 });
    transfer.start();
    expect(transfer.timeout()).toMatchObject({ kind: 'Send', timeoutMs: 2000 });
    expect(transfer.timeout()).toEqual({ kind: 'GiveUp' });
    expect(transfer.acknowledge(1)).toMatchObject({ kind: 'Send', timeoutMs: 2000 });
    expect([transfer.timeout(), transfer.timeout(), transfer.timeout()].map(({ kind }) => kind)).toEqual([
      'Send',
      'Send',
      'GiveUp',
    ]);
  });

  it('waits as long as the client needs, and after a resend no less for one round (Karn)', () => {
    const transfer = new Transfer(content(80), terms(), defaultLimits);
    transfer.start();
    expect(transfer.acknowledge(1, 700)).toMatchObject({ timeoutMs: 1400 });
    expect(transfer.acknowledge(2, 1)).toMatchObject({ timeoutMs: 1000 });
    expect(transfer.timeout()).toMatchObject({ timeoutMs: 2000 });
    expect(transfer.acknowledge(3, 1)).toMatchObject({ timeoutMs: 2000 });
    expect(transfer.acknowledge(4, 1)).toMatchObject({ timeoutMs: 1000 });
    expect(transfer.acknowledge(5, 60_000)).toMatchObject({ timeoutMs: 8000 });
  });

  it('keeps the wait that the client asked for', () => {
    const transfer = new Transfer(content(8), terms({ backOff: false, timeoutMs: 3000 }), defaultLimits);
    transfer.start();
    expect(transfer.timeout()).toMatchObject({ timeoutMs: 3000 });
  });

  it('carries every file over a network that loses packets', () => {
    const losses = fc.infiniteStream(fc.integer({ min: 0, max: 9 }).map((n) => n === 0));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.integer({ min: 8, max: 64 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        losses,
        (file, blockSize, windowSize, withOptions, lost) => {
          const accepted = withOptions ? new Map([['tsize', String(file.length)]]) : undefined;
          const transfer = new Transfer(file, terms({ blockSize, windowSize, accepted }), {
            resendsBeforeFirstAck: 100,
            resends: 100,
          });
          const { data, ended } = receive(transfer, windowSize, blockSize, () => lost.next().value);
          expect(ended).not.toBe('never');
          expect(data).toEqual([...file]);
        },
      ),
    );
  });
});

describe('netascii', () => {
  it('has CR LF for LF and CR NUL for CR', () => {
    const text = Uint8Array.from(Buffer.from('a\nb\rc\r\n'));
    expect(Buffer.from(toNetascii(text)).toString()).toBe('a\r\nb\r\0c\r\0\r\n');
  });
});
