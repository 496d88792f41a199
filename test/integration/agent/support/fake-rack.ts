import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import {
  type AgentTask,
  AgentTaskResult,
  EnlistmentRequest,
  SessionRequest,
  TaskEvent,
} from '../../../../src/api/agent/schema.ts';
import { type BmcOfferAnswer, BmcStageReport } from '../../../../src/api/bmc/setup.ts';

/** What the agent said, checked against the contract. */
export interface FakeRack {
  port: number;
  readonly sessions: SessionRequest[];
  readonly enlistments: EnlistmentRequest[];
  readonly events: TaskEvent[];
  /** Anything that the contract does not allow. */
  readonly violations: string[];
  /** Hands out a task and waits for its result. */
  give(task: AgentTask): Promise<AgentTaskResult>;
  /** Takes the task back that was handed out: the agent is told so at its next event. */
  withdraw(): void;
  close(): Promise<void>;
}

/** What becomes of credentials of a BMC that the agent makes. */
export interface FakeBmcDesk {
  report(report: BmcStageReport): Promise<void>;
  answer(offer: string): Promise<BmcOfferAnswer>;
}

/** A rack of one machine and one session. @param files what it serves, by path @param bmc none: such calls are refused */
export async function startFakeRack(
  files: ReadonlyMap<string, string>,
  bmc?: FakeBmcDesk,
): Promise<FakeRack> {
  const sessions: SessionRequest[] = [];
  const enlistments: EnlistmentRequest[] = [];
  const events: TaskEvent[] = [];
  const violations: string[] = [];
  let current: { task: AgentTask; finish(result: AgentTaskResult): void } | undefined;

  let withdrawn = false;

  async function read<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T | undefined> {
    const parsed = schema.safeParse(JSON.parse(await text(request)));
    if (!parsed.success) violations.push(`${request.url}: ${parsed.error.message}`);
    return parsed.data;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const file = files.get(path);
    if (file !== undefined) return void createReadStream(file).pipe(response);
    const send = (status: number, body?: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (path === '/agent/v1/enlistments') {
      const enlistment = await read(request, EnlistmentRequest);
      if (enlistment !== undefined) enlistments.push(enlistment);
      return send(201, { machine: 'test-machine' });
    }
    if (path === '/agent/v1/sessions') {
      const session = await read(request, SessionRequest);
      if (session !== undefined) sessions.push(session);
      return send(201, { sessionKey: 'key', machine: 'test-machine', generation: 1, pollSeconds: 1 });
    }
    if (request.headers.authorization !== 'Bearer key') return send(401);
    if (path === '/agent/v1/task') return current === undefined ? send(204) : send(200, current.task);
    if (/\/bmc(\/|$)/.test(path)) {
      if (bmc === undefined) return send(409);
      const offer = /\/bmc\/([^/]+)$/.exec(path)?.[1];
      if (offer !== undefined) return send(200, await bmc.answer(decodeURIComponent(offer)));
      const report = await read(request, BmcStageReport);
      if (report !== undefined) await bmc.report(report);
      return send(204);
    }
    if (path.endsWith('/events')) {
      const event = await read(request, TaskEvent);
      if (event !== undefined) events.push(event);
      return send(withdrawn ? 409 : 204);
    }
    const result = await read(request, AgentTaskResult);
    send(204);
    if (result !== undefined) current?.finish(result);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      violations.push(String(error));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    sessions,
    enlistments,
    events,
    violations,
    give(task) {
      const { promise, resolve } = Promise.withResolvers<AgentTaskResult>();
      withdrawn = false;
      current = {
        task,
        finish(result) {
          current = undefined;
          resolve(result);
        },
      };
      return promise;
    },
    withdraw() {
      withdrawn = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
