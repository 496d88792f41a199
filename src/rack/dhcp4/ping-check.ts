import { randomInt } from 'node:crypto';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { EchoSocket, RawSockets } from '../net/raw-sockets.ts';

/** `Unknown`: there are more questions than may be asked, or none can be. The address is offered as it is. */
export type PingVerdict = 'Free' | 'InUse' | 'Unknown';

/** Asks an address whether somebody has it already, before it is offered to a client that never had it. */
export interface PingCheck {
  /**
   * At once where the answer is known or cannot be had, else a promise that never rejects.
   *
   * @param address unsigned 32-bit number
   * @param device undefined for an address behind a relay
   */
  check(address: number, device: string | undefined): PingVerdict | Promise<PingVerdict>;
  /** How many wait for the answer of an address. */
  waiting(address: number): number;
  close(): void;
}

/** What `createPingCheck` is made of. */
export interface PingCheckDeps {
  raw: RawSockets;
  log: Logger;
  timers?: Timers | undefined;
  limits?: Partial<PingLimits> | undefined;
}

/** How much is asked, and for how long. */
export interface PingLimits {
  /** How long a reply may take. Kea waits 100 ms, dnsmasq 3 s; a DISCOVER is repeated after a second at the earliest. */
  waitMs: number;
  /** How often the sockets are looked at while something is waited for. */
  lookMs: number;
  /** Questions at once, and each second: beyond them an offer is made unasked, so that a burst of clients waits for nothing. */
  mostAtOnce: number;
  perSecond: number;
  /** How long an answer counts. */
  rememberMs: number;
}

const defaults: PingLimits = {
  waitMs: 250,
  lookMs: 10,
  mostAtOnce: 64,
  perSecond: 50,
  rememberMs: 30_000,
};
/** Answers remembered; `perSecond` and `rememberMs` keep it far below. */
const mostRemembered = 10_000;

interface Question {
  address: number;
  device: string | undefined;
  sequence: number;
  waiting: number;
  answer: Promise<PingVerdict>;
  settle(verdict: PingVerdict): void;
}

/** See `PingCheck`. Sockets are open only while something is asked: an interface that was made anew is no trouble. */
export function createPingCheck(deps: PingCheckDeps): PingCheck {
  const { raw, log, timers = systemTimers } = deps;
  const limits = { ...defaults, ...deps.limits };
  const identifier = randomInt(0x10000);
  const questions = new Map<number, Question>();
  const sockets = new Map<string | undefined, EchoSocket>();
  const remembered = new Map<number, { verdict: PingVerdict; until: number }>();
  let sequence = 0;
  let budget = { tokens: limits.perSecond, at: timers.monotonic() };
  let stopLooking: (() => void) | undefined;

  function recall(address: number): PingVerdict | undefined {
    const known = remembered.get(address);
    return known !== undefined && known.until > timers.monotonic() ? known.verdict : undefined;
  }

  function remember(address: number, verdict: PingVerdict): void {
    remembered.delete(address);
    remembered.set(address, { verdict, until: timers.monotonic() + limits.rememberMs });
    // Maps keep the order of insertion: the first is the oldest.
    for (const [oldest, { until }] of remembered) {
      if (remembered.size <= mostRemembered && until > timers.monotonic()) break;
      remembered.delete(oldest);
    }
  }

  function mayAsk(): boolean {
    if (questions.size >= limits.mostAtOnce) return false;
    const now = timers.monotonic();
    const refill = ((now - budget.at) / 1000) * limits.perSecond;
    budget = { tokens: Math.min(limits.perSecond, budget.tokens + refill), at: now };
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  function socketOf(device: string | undefined): EchoSocket {
    const socket = sockets.get(device) ?? raw.openEcho({ device });
    sockets.set(device, socket);
    return socket;
  }

  function end(question: Question, verdict: PingVerdict): void {
    questions.delete(question.address);
    if (verdict !== 'Unknown') remember(question.address, verdict);
    question.settle(verdict);
  }

  function rest(): void {
    stopLooking?.();
    stopLooking = undefined;
    for (const socket of sockets.values()) socket.close();
    sockets.clear();
  }

  function look(): void {
    stopLooking = timers.after(limits.lookMs, look);
    for (const [device, socket] of sockets) {
      for (let reply = socket.next(); reply !== undefined; reply = socket.next()) {
        const question = questions.get(reply.address);
        if (question === undefined || question.device !== device) continue;
        if (reply.identifier === identifier && reply.sequence === question.sequence) end(question, 'InUse');
      }
    }
    if (questions.size === 0) rest();
  }

  function ask(address: number, device: string | undefined): Question | undefined {
    sequence = (sequence + 1) & 0xffff;
    try {
      socketOf(device).ask(address, identifier, sequence);
    } catch (error) {
      if (questions.size === 0) rest();
      log.debug({ address: ipv4FromNumber(address), device, error: messageOf(error) }, 'no ping');
      return undefined;
    }
    const { promise: answer, resolve: settle } = Promise.withResolvers<PingVerdict>();
    const question: Question = { address, device, sequence, waiting: 1, answer, settle };
    questions.set(address, question);
    timers.after(limits.waitMs, () => {
      if (questions.get(address) !== question) return;
      // What came while this process was busy is still there to be read.
      stopLooking?.();
      look();
      if (questions.get(address) === question) end(question, 'Free');
      if (questions.size === 0) rest();
    });
    stopLooking ??= timers.after(limits.lookMs, look);
    return question;
  }

  return {
    check(address, device) {
      const asked = questions.get(address);
      if (asked !== undefined) {
        asked.waiting += 1;
        return asked.answer;
      }
      const known = recall(address);
      if (known !== undefined) return known;
      if (!mayAsk()) return 'Unknown';
      return ask(address, device)?.answer ?? 'Unknown';
    },
    waiting: (address) => questions.get(address)?.waiting ?? 0,
    close() {
      for (const question of [...questions.values()]) end(question, 'Unknown');
      rest();
    },
  };
}
