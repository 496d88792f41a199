import { messageOf } from '../../errors/coded-error.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { mergeReports } from './boot-report.ts';
import type { OutboxEntry, OutboxFiles } from './outbox-files.ts';
import { mergeTests } from './tests.ts';

/** Soon after the API server is back, what was kept is written: an operator waits for it. */
const backoff = { baseMs: 200, maxMs: 10_000 } as const;
/** What is delivered within this time never goes to the disk. */
const diskAfterMs = 250;
/** How long a caller waits for the API server before the disk has to do. */
const patienceMs = 1_500;

/**
 * What the API server is to be told of machines, in order for each of them. It survives a restart of the rack while the API server is
 * away; whatever it delivers twice after a crash changes nothing the second time.
 */
export interface Outbox {
  /** Returns at once; it is on disk soon, unless it was delivered by then. */
  add(machine: string, entry: OutboxEntry): void;
  /** Resolves when it was delivered or is on disk. Rejects when neither could be done, or the API server refuses it for good. */
  store(machine: string, entry: OutboxEntry): Promise<void>;
  /** What waits for a machine, in order. */
  pending(machine: string): readonly OutboxEntry[];
  /** How much waits, over all machines. */
  size(): number;
  start(): void;
  /** What could not be delivered is on disk then. */
  stop(): Promise<void>;
}

/** What an outbox is made of. */
export interface OutboxDeps {
  /** Resolves when the API server has it, or it is no news. What throws `Invalid` or `BadRequest` is dropped, all else repeated. */
  deliver(machine: string, entry: OutboxEntry): Promise<void>;
  /** Undefined: in memory alone. */
  files?: OutboxFiles | undefined;
  /** What an earlier process left. */
  initial?: ReadonlyMap<string, readonly OutboxEntry[]> | undefined;
  log: Logger;
  timers?: Timers | undefined;
}

interface Waiting {
  entry: OutboxEntry;
  done: PromiseWithResolvers<void>;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { deliver, files, log, timers = systemTimers } = deps;
  const queues = new Map<string, Waiting[]>();
  /** One write of a machine's file after the other. */
  const writing = new Map<string, Promise<void>>();
  const due = new Map<string, () => void>();
  for (const [machine, entries] of deps.initial ?? []) queues.set(machine, entries.map(waiting));

  const controller: Controller = runController({
    name: 'outbox',
    log,
    backoff,
    timers,
    async reconcile(machine) {
      for (;;) {
        const head = queues.get(machine)?.[0];
        if (head === undefined) break;
        await send(machine, head);
      }
      persistLater(machine);
      return undefined;
    },
  });

  async function send(machine: string, head: Waiting): Promise<void> {
    const { entry } = head;
    try {
      await deliver(machine, entry);
      // What came meanwhile and was merged into it is to be told as well.
      if (head.entry !== entry) return;
      head.done.resolve();
    } catch (error) {
      if (!isKubeError(error, 'Invalid', 'BadRequest')) throw error;
      // It would be refused again, for ever.
      log.error(
        { machine, kind: entry.kind, error: messageOf(error) },
        'a report was refused and is dropped',
      );
      head.done.reject(error);
    }
    const queue = queues.get(machine);
    queue?.shift();
    if (queue?.length === 0) queues.delete(machine);
  }

  function put(machine: string, entry: OutboxEntry): Waiting {
    const queue = queues.get(machine) ?? [];
    queues.set(machine, queue);
    const last = queue.at(-1);
    const merged = last && merge(last.entry, entry);
    controller.enqueue(machine);
    if (last !== undefined && merged !== undefined) {
      last.entry = merged;
      return last;
    }
    const added = waiting(entry);
    queue.push(added);
    return added;
  }

  function persistLater(machine: string): void {
    if (files === undefined || due.has(machine)) return;
    due.set(
      machine,
      timers.after(diskAfterMs, () => {
        due.delete(machine);
        persist(machine).catch((error: unknown) => {
          log.error({ machine, error: messageOf(error) }, 'a report is not on disk');
        });
      }),
    );
  }

  function persist(machine: string): Promise<void> {
    if (files === undefined) return Promise.reject(new Error('there is no disk'));
    const turn = (writing.get(machine) ?? Promise.resolve())
      .catch(() => {})
      .then(() =>
        files.save(
          machine,
          (queues.get(machine) ?? []).map(({ entry }) => entry),
        ),
      )
      .finally(() => {
        if (writing.get(machine) === turn) writing.delete(machine);
      });
    writing.set(machine, turn);
    return turn;
  }

  return {
    add(machine, entry) {
      put(machine, entry);
      persistLater(machine);
    },
    async store(machine, entry) {
      const { done } = put(machine, entry);
      const late = Promise.withResolvers<'Late'>();
      const cancel = timers.after(patienceMs, () => late.resolve('Late'));
      const outcome = await Promise.race([done.promise.then(() => 'Done' as const), late.promise]).finally(
        cancel,
      );
      if (outcome === 'Done') return;
      await persist(machine);
      log.warn({ machine, kind: entry.kind }, 'the API server is away: a report is kept on disk');
    },
    pending: (machine) => (queues.get(machine) ?? []).map(({ entry }) => entry),
    size: () => [...queues.values()].reduce((sum, queue) => sum + queue.length, 0),
    start() {
      for (const machine of queues.keys()) controller.enqueue(machine);
      controller.start();
    },
    async stop() {
      await controller.stop();
      for (const cancel of due.values()) cancel();
      const left = new Set([...due.keys(), ...queues.keys(), ...writing.keys()]);
      due.clear();
      if (files !== undefined) await Promise.allSettled([...left].map(persist));
    },
  };
}

function waiting(entry: OutboxEntry): Waiting {
  const done = Promise.withResolvers<void>();
  // Most callers do not wait for it.
  done.promise.catch(() => {});
  return { entry, done };
}

/** Two neighbours in a queue as one; undefined where both are to be told. */
function merge(older: OutboxEntry, newer: OutboxEntry): OutboxEntry | undefined {
  if (older.uid !== newer.uid) return undefined;
  if (older.kind === 'Boot' && newer.kind === 'Boot')
    return { ...newer, report: mergeReports(older.report, newer.report) };
  if (older.kind === 'Inventory' && newer.kind === 'Inventory') return newer;
  if (older.kind === 'Tests' && newer.kind === 'Tests')
    return { ...newer, tests: mergeTests(older.tests, newer.tests) };
  // An agent that repeats its result says the same.
  if (older.kind === 'Result' && newer.kind === 'Result' && older.report.id === newer.report.id) return older;
  return undefined;
}
