import type { ConsoleKind } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { createLine, type Line } from './line.ts';
import { createRoom, type Listener, type Listening, type Room, type Seat, type Viewer } from './room.ts';
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
  /** Listens to the machine's serial line, which is given free as soon as nobody else is there. Viewers come first. */
  listen(machine: string, listener: Listener): Listening | 'NoSuchConsole' | 'Full';
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
      // A listener alone takes the line from nobody.
      reclaims: () => room.viewers() > 0,
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
      empty(last) {
        if (readOnly || last === 'Listener') release(line);
        else one.cancelLinger = timers.after(limits.lingerMs, () => release(line));
      },
    });
    const one: Kept = { room, line, transcript, cancelLinger: () => undefined };
    return one;
  }

  /** Those that nobody looks at make room, the longest unused first; for a viewer at last those that are only listened to. */
  function makeRoom(forViewer: boolean): boolean {
    if (kept.size < limits.machines) return true;
    const unseen = [...kept].filter(([, { room }]) => room.viewers() === 0);
    const found =
      unseen.find(([, { room }]) => room.listeners() === 0) ?? (forViewer ? unseen[0] : undefined);
    if (found === undefined) return false;
    const [key, { room, line, cancelLinger }] = found;
    kept.delete(key);
    cancelLinger();
    release(line);
    room.dismiss();
    return true;
  }

  function use(key: string, one: Kept): void {
    kept.delete(key);
    kept.set(key, one);
    one.cancelLinger();
  }

  return {
    join(name, viewer, wanted) {
      const machine = deps.machine(name);
      const source = machine === undefined ? undefined : deps.source(machine, wanted);
      if (source === undefined) return 'NoSuchConsole';
      const key = `${name} ${source.kind}`;
      const known = kept.get(key);
      if (known === undefined && !makeRoom(true)) return 'Full';
      const one = known ?? make(name, source);
      if (one.room.viewers() >= limits.viewersOfOne) return 'Full';
      use(key, one);
      return one.room.join(viewer);
    },
    listen(name, listener) {
      const machine = deps.machine(name);
      const source = machine === undefined ? undefined : deps.source(machine, undefined);
      if (source === undefined || source.readOnly === true) return 'NoSuchConsole';
      const key = `${name} ${source.kind}`;
      const known = kept.get(key);
      if (known === undefined && !makeRoom(false)) return 'Full';
      const one = known ?? make(name, source);
      use(key, one);
      return one.room.listen(listener);
    },
    async stop() {
      for (const { room, line, cancelLinger } of kept.values()) {
        cancelLinger();
        room.dismiss();
        release(line);
      }
      kept.clear();
      await Promise.all(releasing);
    },
  };
}
