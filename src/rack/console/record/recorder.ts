import type { LineState } from '../../../api/console/messages.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Consoles } from '../consoles.ts';
import type { Listening } from '../room.ts';
import { type BudgetLimits, createBudget } from './budget.ts';
import { createPlainText, withoutSecrets } from './plain-text.ts';
import type { RecordedLines } from './recorded-lines.ts';
import { stayOf } from './wanted.ts';

export interface RecorderDeps {
  consoles: Pick<Consoles, 'listen'>;
  machines: Pick<Informer<Machine>, 'get' | 'list' | 'onChange'>;
  /** Whether this rack is to listen to the machine now. */
  wants(machine: Machine): boolean;
  lines: Pick<RecordedLines, 'append'>;
  /** Machines that are listened to at once. */
  most: number;
  timers: Timers;
  log: Logger;
  budget?: BudgetLimits;
}

/** Keeps what machines say on their serial lines. */
export interface Recorder {
  start(): void;
  /** Machines that are listened to now. */
  active(): number;
  stop(): void;
}

/** All machines are looked at so often: other racks come and go. */
const lookMs = 30_000;
/** A line that somebody else has is asked for again after this. */
const restMs = 60_000;
/** What stands without an end of line is taken for a line when nothing follows for so long. */
const idleMs = 3_000;

interface Session {
  listening: Listening | undefined;
  end(): void;
}

export function createRecorder(deps: RecorderDeps): Recorder {
  const { consoles, machines, lines, timers, most } = deps;
  const log = deps.log.child({ part: 'recorder' });
  const active = new Map<string, Session>();
  /** Wanted, but there are as many already; who has waited longest is next. */
  const waiting = new Set<string>();
  /** Left alone for a while: what ends that. */
  const resting = new Map<string, () => void>();
  /** Left alone for the stay in this phase. */
  const given = new Map<string, string>();
  let running = false;
  let cancelLook = (): void => undefined;
  let cancelWatch = (): void => undefined;

  function rest(name: string): void {
    const cancel = timers.after(restMs, () => {
      resting.delete(name);
      consider(name);
    });
    resting.set(name, cancel);
  }

  function lineOf(name: string, session: Session, state: LineState): void {
    if (state !== 'InUse' && state !== 'Failed') return;
    session.end();
    if (state === 'InUse') {
      rest(name);
      return;
    }
    const machine = machines.get(name);
    if (machine !== undefined) given.set(name, stayOf(machine));
    log.info({ machine: name }, 'what the machine says is not kept: its console cannot be opened');
  }

  function begin(name: string, machine: Machine): void {
    const budget = createBudget((text) => lines.append(name, text), timers, deps.budget);
    const text = createPlainText((line) => budget.take(withoutSecrets(line)));
    let cancelIdle = (): void => undefined;
    const session: Session = {
      listening: undefined,
      end() {
        if (active.get(name) !== session) return;
        active.delete(name);
        cancelIdle();
        session.listening?.leave();
        text.flush();
        budget.end();
        timers.after(0, next);
      },
    };
    active.set(name, session);
    const listening = consoles.listen(name, {
      data(data) {
        text.feed(data);
        cancelIdle();
        cancelIdle = timers.after(idleMs, () => text.flush());
      },
      line: (state) => {
        if (session.listening !== undefined) lineOf(name, session, state);
      },
      dismissed() {
        session.end();
        if (running) rest(name);
      },
    });
    if (listening === 'NoSuchConsole') given.set(name, stayOf(machine));
    if (listening === 'Full') rest(name);
    if (typeof listening === 'string') {
      session.end();
      return;
    }
    session.listening = listening;
    lineOf(name, session, listening.state());
  }

  /** A place is free. */
  function next(): void {
    const [name] = waiting;
    if (!running || name === undefined || active.size >= most) return;
    waiting.delete(name);
    consider(name);
  }

  function consider(name: string): void {
    const machine = machines.get(name);
    const session = active.get(name);
    if (machine === undefined || !deps.wants(machine)) {
      waiting.delete(name);
      given.delete(name);
      resting.get(name)?.();
      resting.delete(name);
      session?.end();
      return;
    }
    if (!running || session !== undefined || resting.has(name) || given.get(name) === stayOf(machine)) return;
    if (active.size >= most) waiting.add(name);
    else begin(name, machine);
  }

  function look(): void {
    const known = new Set(machines.list().map(({ metadata }) => metadata.name));
    for (const name of [...active.keys(), ...waiting, ...resting.keys(), ...given.keys()]) known.add(name);
    for (const name of known) consider(name);
    cancelLook = timers.after(lookMs, look);
  }

  return {
    start() {
      if (running) return;
      running = true;
      cancelWatch = machines.onChange(({ object }) => consider(object.metadata.name));
      look();
    },
    active: () => active.size,
    stop() {
      running = false;
      cancelLook();
      cancelWatch();
      for (const cancel of resting.values()) cancel();
      resting.clear();
      waiting.clear();
      for (const session of [...active.values()]) session.end();
    },
  };
}
