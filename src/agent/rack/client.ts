import { type BmcOfferAnswer, type BmcStageReport, readOfferAnswer } from '../bmc/messages.ts';
import type { EnlistmentRequest, Session, Task, TaskEvent, TaskResult } from '../contract.ts';
import type { HttpAnswer, HttpCall } from './http.ts';
import { describeProblem, readMachine, readSession, readTask } from './read.ts';
import { type RackCalls, untilAnswered } from './until-answered.ts';

/** Who this machine is, before it has a session. */
export interface Identity {
  macAddresses: string[];
  systemUuid?: string;
}

/** The rack said no, for good: asking again is of no use. */
export interface Refusal {
  refused: string;
}

export interface RackClientDeps extends RackCalls {
  /** A new secret, so that an answer that got lost can be asked for again and only by us. */
  nonce(): string;
}

/**
 * The agent's side of the rack's API. Every call is repeated with growing pauses until the rack answers, so a restart of
 * the rack is lived through; each is safe to repeat. A 4xx is a `Refusal`.
 */
export interface RackClient {
  enlist(enlistment: EnlistmentRequest, signal: AbortSignal): Promise<{ machine: string } | Refusal>;
  openSession(token: string, identity: Identity, signal: AbortSignal): Promise<Session | Refusal>;
  /** Undefined: nothing to do at the moment. */
  nextTask(sessionKey: string, signal: AbortSignal): Promise<Task | undefined | Refusal>;
  postEvent(
    sessionKey: string,
    task: string,
    event: TaskEvent,
    signal: AbortSignal,
  ): Promise<Refusal | undefined>;
  putResult(
    sessionKey: string,
    task: string,
    result: TaskResult,
    signal: AbortSignal,
  ): Promise<Refusal | undefined>;
}

/** Calls about the machine's BMC, repeated like all others. */
export interface BmcCalls {
  /** How far it is set up. */
  putBmc(
    sessionKey: string,
    task: string,
    report: BmcStageReport,
    signal: AbortSignal,
  ): Promise<Refusal | undefined>;
  /** What the operator makes of an offer. */
  askBmc(
    sessionKey: string,
    task: string,
    offer: string,
    signal: AbortSignal,
  ): Promise<BmcOfferAnswer | Refusal>;
}

export function createRackClient(deps: RackClientDeps): RackClient & BmcCalls {
  const base = `${deps.rack}/agent/v1`;
  const call = (request: Omit<HttpCall, 'silenceMs'>): Promise<HttpAnswer> => untilAnswered(request, deps);

  return {
    async enlist(enlistment, signal) {
      const answer = await call({ method: 'POST', url: `${base}/enlistments`, body: enlistment, signal });
      return readMachine(answer) ?? { refused: describeProblem(answer) };
    },
    async openSession(token, identity, signal) {
      const body = { token, ...identity, nonce: deps.nonce() };
      const answer = await call({ method: 'POST', url: `${base}/sessions`, body, signal });
      return readSession(answer) ?? { refused: describeProblem(answer) };
    },
    async nextTask(sessionKey, signal) {
      const answer = await call({ method: 'GET', url: `${base}/task`, sessionKey, signal });
      if (answer.status === 204) return undefined;
      return readTask(answer) ?? { refused: describeProblem(answer) };
    },
    async postEvent(sessionKey, task, event, signal) {
      const url = `${base}/tasks/${encodeURIComponent(task)}/events`;
      const answer = await call({ method: 'POST', url, sessionKey, body: event, signal });
      return answer.status < 300 ? undefined : { refused: describeProblem(answer) };
    },
    async putResult(sessionKey, task, result, signal) {
      const url = `${base}/tasks/${encodeURIComponent(task)}/result`;
      const answer = await call({ method: 'PUT', url, sessionKey, body: result, signal });
      return answer.status < 300 ? undefined : { refused: describeProblem(answer) };
    },
    async putBmc(sessionKey, task, report, signal) {
      const url = `${base}/tasks/${encodeURIComponent(task)}/bmc`;
      const answer = await call({ method: 'PUT', url, sessionKey, body: report, signal });
      return answer.status < 300 ? undefined : { refused: describeProblem(answer) };
    },
    async askBmc(sessionKey, task, offer, signal) {
      const url = `${base}/tasks/${encodeURIComponent(task)}/bmc/${encodeURIComponent(offer)}`;
      const answer = await call({ method: 'GET', url, sessionKey, signal });
      return readOfferAnswer(answer) ?? { refused: describeProblem(answer) };
    },
  };
}
