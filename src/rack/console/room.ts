import type { ConsoleNews, ConsoleRequest, LineState } from '../../api/console/messages.ts';
import type { Line } from './line.ts';
import type { Transcript } from './transcript.ts';

/** Somebody before a console. */
export interface Viewer {
  /** As the API server calls them. */
  user: string;
  /** Only looks, also when nobody types. */
  watches: boolean;
  news(news: ConsoleNews): void;
  data(data: Uint8Array): void;
  /** There is room again after an `input` that said no. */
  drained(): void;
}

/** Something that listens and is nobody: it is in no list, holds nothing, and makes nobody wait. */
export interface Listener {
  data(data: Uint8Array): void;
  /** How the line is now. */
  line(state: LineState): void;
  /** Somebody needs its place: nothing follows. */
  dismissed(): void;
}

/** What a listener may do. */
export interface Listening {
  state(): LineState;
  leave(): void;
}

/** What a viewer may do. */
export interface Seat {
  /** @returns whether there is room for more. Who only watches is not listened to. */
  input(data: Uint8Array): boolean;
  request(request: ConsoleRequest): void;
  leave(): void;
}

export interface RoomDeps {
  line: Pick<Line, 'want' | 'takeOver' | 'state' | 'write' | 'sendBreak'>;
  transcript: Pick<Transcript, 'read'>;
  hello: Extract<ConsoleNews, { type: 'Hello' }>;
  /** Nobody can type. */
  readOnly: boolean;
  /** RFC 3339. */
  now(): string;
  /** Who does what, for the log: never what is typed. */
  log(what: string, user: string): void;
  /** Nobody is left. @param last who left last */
  empty(last: 'Viewer' | 'Listener'): void;
}

/** The viewers of one console. One of them types; the others see it. */
export interface Room {
  join(viewer: Viewer): Seat;
  /** Tells it what the line says from now on. */
  listen(listener: Listener): Listening;
  viewers(): number;
  listeners(): number;
  /** Sends all listeners away. */
  dismiss(): void;
  /** What the line says, to all. */
  data(data: Uint8Array): void;
  drained(): void;
  lineChanged(): void;
}

export function createRoom(deps: RoomDeps): Room {
  const { line, readOnly } = deps;
  const viewers = new Set<Viewer>();
  const listeners = new Set<Listener>();
  let holder: { viewer: Viewer; since: string } | undefined;

  function seatOf(viewer: Viewer): ConsoleNews {
    if (holder?.viewer === viewer) return { type: 'Seat', mode: 'Interactive' };
    if (holder === undefined) return { type: 'Seat', mode: 'Watch' };
    return {
      type: 'Seat',
      mode: 'Watch',
      holder: { user: holder.viewer.user, since: holder.since },
    };
  }

  function lineNews(): ConsoleNews {
    const { state, message } = line.state();
    return { type: 'Line', state, ...(message === undefined ? {} : { message }) };
  }

  function hold(viewer: Viewer): void {
    if (readOnly) return;
    const before = holder;
    holder = { viewer, since: deps.now() };
    deps.log(
      before === undefined ? 'has the console' : `took the console from ${before.viewer.user}`,
      viewer.user,
    );
    for (const one of viewers) one.news(seatOf(one));
    // What the one before was made to wait with does not come any more.
    before?.viewer.drained();
  }

  return {
    viewers: () => viewers.size,
    listeners: () => listeners.size,
    listen(listener) {
      listeners.add(listener);
      line.want();
      return {
        state: () => line.state().state,
        leave() {
          if (listeners.delete(listener) && viewers.size + listeners.size === 0) deps.empty('Listener');
        },
      };
    },
    dismiss() {
      const all = [...listeners];
      listeners.clear();
      for (const listener of all) listener.dismissed();
    },
    join(viewer) {
      viewers.add(viewer);
      viewer.news(deps.hello);
      const before = deps.transcript.read();
      if (before.length > 0) viewer.data(before);
      if (holder === undefined && !viewer.watches && !readOnly) hold(viewer);
      else viewer.news(seatOf(viewer));
      line.want();
      viewer.news(lineNews());
      return {
        input: (data) => holder?.viewer !== viewer || line.write(data),
        request({ type }) {
          if (type === 'Break') {
            if (holder?.viewer === viewer) line.sendBreak();
            return;
          }
          if (readOnly) return;
          if (holder?.viewer !== viewer) hold(viewer);
          if (line.state().state !== 'Open') line.takeOver();
        },
        leave() {
          if (!viewers.delete(viewer)) return;
          if (holder?.viewer === viewer) {
            holder = undefined;
            deps.log('left the console', viewer.user);
            for (const one of viewers) one.news(seatOf(one));
          }
          if (viewers.size + listeners.size === 0) deps.empty('Viewer');
        },
      };
    },
    data(data) {
      for (const viewer of viewers) viewer.data(data);
      for (const listener of listeners) listener.data(data);
    },
    drained: () => holder?.viewer.drained(),
    lineChanged() {
      for (const viewer of viewers) viewer.news(lineNews());
      for (const listener of listeners) listener.line(line.state().state);
    },
  };
}
