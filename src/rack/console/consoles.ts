import type { ConsoleKind } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { createLine, type Line } from './line.ts';
import { createRoom, type Room, type Seat, type Viewer } from './room.ts';
import type { ConsoleSource } from './serial-console.ts';
import { createTranscript, type Transcript } from './transcript.ts';

export interface ConsolesDeps {
  rackName: string;
  machine(name: string): Machine | undefined;
  /** The console that the machine has, or the one that is asked for; undefined: it has none of that kind. */
  source(machine: Machine, kind: ConsoleKind | undefined): ConsoleSource | undefined;
  clock: Clock;
  log: Logger;
  timers?: Timers | undefined;
  limits?: Partial<ConsoleLimits>;
  retryMs?: readonly number[];
}

export interface ConsoleLimits {
  /** Machines whose last words are kept. */
  machines: number;
  viewersOfOne: number;
  /** Of one machine. */
  transcriptBytes: number;
  /** How long a line stays open after its last viewer, so that what the machine says is there for the next. Milliseconds. */
  lingerMs: number;
}

const defaultLimits: ConsoleLimits = {
  machines: 64,
  viewersOfOne: 16,
  transcriptBytes: 256 * 1024,
  lingerMs: 5 * 60_000,
};

/** The consoles of all machines that this rack reaches. */
export interface Consoles {
  join(machine: string, viewer: Viewer, kind?: ConsoleKind): Seat | 'NoSuchConsole' | 'Full';
  /** Gives every line free. */
  stop(): Promise<void>;
}

interface Kept {
  room: Room;
  line: Line;
  transcript: Transcript;
  cancelLinger(): void;
}

export function createConsoles(deps: ConsolesDeps): Consoles {
  const { clock, rackName, timers = systemTimers } = deps;
  const limits = { ...defaultLimits, ...deps.limits };
  const kept = new Map<string, Kept>();
  const releasing = new Set<Promise<void>>();

  function release(line: Line): void {
    const done = line.release().finally(() => releasing.delete(done));
    releasing.add(done);
  }

  function make(name: string, source: ConsoleSource): Kept {
    const { kind, readOnly = false } = source;
    const log = deps.log.child({ machine: name, console: kind });
    const transcript = createTranscript(limits.transcriptBytes);
    const line = createLine({
      source,
      machine: () => deps.machine(name),
      data(data) {
        transcript.append(data);
        room.data(data);
      },
      drained: () => room.drained(),
      changed(state, message) {
        if (state === 'Opening' && readOnly) transcript.clear();
        log.info({ state, ...(message === undefined ? {} : { message }) }, 'the line of a console');
        room.lineChanged();
      },
      timers,
      ...(deps.retryMs === undefined ? {} : { retryMs: deps.retryMs }),
    });
    const room: Room = createRoom({
      ...{ line, transcript, readOnly },
      hello: { type: 'Hello', machine: name, rack: rackName, kind },
      now: () => new Date(clock.now()).toISOString(),
      log: (what, user) => log.info({ user }, what),
      empty() {
        if (readOnly) release(line);
        else one.cancelLinger = timers.after(limits.lingerMs, () => release(line));
      },
    });
    const one: Kept = { room, line, transcript, cancelLinger: () => undefined };
    return one;
  }

  /** Those that nobody looks at make room, the longest unused first. */
  function makeRoom(): boolean {
    if (kept.size < limits.machines) return true;
    for (const [key, { room, line, cancelLinger }] of kept) {
      if (room.viewers() > 0) continue;
      cancelLinger();
      release(line);
      kept.delete(key);
      return true;
    }
    return false;
  }

  return {
    join(name, viewer, wanted) {
      const machine = deps.machine(name);
      const source = machine === undefined ? undefined : deps.source(machine, wanted);
      if (source === undefined) return 'NoSuchConsole';
      const key = `${name} ${source.kind}`;
      const known = kept.get(key);
      if (known === undefined && !makeRoom()) return 'Full';
      const one = known ?? make(name, source);
      if (one.room.viewers() >= limits.viewersOfOne) return 'Full';
      kept.delete(key);
      kept.set(key, one);
      one.cancelLinger();
      return one.room.join(viewer);
    },
    async stop() {
      for (const { line, cancelLinger } of kept.values()) {
        cancelLinger();
        release(line);
      }
      kept.clear();
      await Promise.all(releasing);
    },
  };
}
