import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Logger } from '../../log/logger.ts';
import { footerLine, headerLine, objectLine, parseSnapshot, type Snapshot } from './snapshot-format.ts';
import type { WorldObjects } from './world-objects.ts';

/** What there was at the start. */
export type LoadedSnapshot =
  | { kind: 'None' }
  | { kind: 'Loaded'; snapshot: Snapshot }
  /** It was put aside at `path`. */
  | { kind: 'Damaged'; path: string; problem: string };

/**
 * Reads the snapshot that an earlier process left. A damaged one is put aside, so that it can be looked at and does no harm; rejects
 * only for a disk that cannot be read.
 */
export async function loadSnapshot(path: string, log: Logger): Promise<LoadedSnapshot> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'None' };
    throw error;
  }
  try {
    const snapshot = parseSnapshot(text);
    if (snapshot.unreadable.length > 0)
      log.warn(
        { path, unreadable: snapshot.unreadable.slice(0, 20), count: snapshot.unreadable.length },
        'objects of the snapshot are not understood and left out',
      );
    return { kind: 'Loaded', snapshot };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const aside = `${path}.damaged`;
    await rename(path, aside);
    log.error(
      { path: aside, problem: error.message },
      'the snapshot of the world is damaged and was put aside',
    );
    return { kind: 'Damaged', path: aside, problem: error.message };
  }
}

/** So many objects are written between two turns of the event loop: a large world must delay no packet. */
const objectsAtOnce = 100;

/** Writes a whole snapshot to a new file and renames it over the old one, for its owner alone. */
export async function writeSnapshot(path: string, objects: WorldObjects, clock: Clock): Promise<void> {
  const fresh = `${path}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(fresh, 'w', 0o600);
  try {
    await writeLines(file, objects, clock.now());
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

async function writeLines(file: FileHandle, objects: WorldObjects, now: number): Promise<void> {
  const hash = createHash('sha256');
  const put = async (text: string): Promise<void> => {
    hash.update(text);
    await file.writeFile(text);
  };
  const all = Object.values(objects).flat();
  await put(headerLine(now));
  for (let at = 0; at < all.length; at += objectsAtOnce) {
    await put(
      all
        .slice(at, at + objectsAtOnce)
        .map(objectLine)
        .join(''),
    );
    await setImmediate();
  }
  await file.writeFile(footerLine(all.length, hash.digest('hex')));
}

/** What became of the last attempt to write. */
export interface SnapshotState {
  /** Milliseconds since the epoch; undefined: not yet by this process. */
  writtenAt: number | undefined;
  /** Why the last attempt failed. */
  problem: string | undefined;
}

/** Keeps the snapshot as current as the disk should bear. */
export interface SnapshotKeeper {
  /** The world has changed. */
  changed(): void;
  state(): SnapshotState;
  /** Writes what is not written yet, and ends. */
  stop(): Promise<void>;
}

/** What a keeper is made of. */
export interface SnapshotKeeperDeps {
  path: string;
  objects(): WorldObjects;
  clock: Clock;
  log: Logger;
  /** Between two writes at least. Default 5 s. */
  intervalMs?: number;
}

/** A world that takes a second to write is written every twenty at most. */
const restPerWork = 20;

/** Writes when something changed, never more often than once an interval; after a failure it tries again. */
export function createSnapshotKeeper(deps: SnapshotKeeperDeps): SnapshotKeeper {
  const { path, clock, log, intervalMs = 5_000 } = deps;
  const state: SnapshotState = { writtenAt: undefined, problem: undefined };
  let dirty = false;
  let stopped = false;
  let lastMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    dirty = false;
    const startedAt = performance.now();
    try {
      await writeSnapshot(path, deps.objects(), clock);
      if (state.problem !== undefined) log.info({ path }, 'the snapshot of the world is written again');
      state.writtenAt = clock.now();
      state.problem = undefined;
    } catch (error) {
      dirty = true;
      if (state.problem === undefined)
        log.error({ path, error: messageOf(error) }, 'the snapshot of the world cannot be written');
      state.problem = messageOf(error);
    }
    lastMs = performance.now() - startedAt;
  }

  function schedule(): void {
    if (timer !== undefined || running !== undefined || stopped) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        running = write().finally(() => {
          running = undefined;
          if (dirty) schedule();
        });
      },
      Math.max(intervalMs, restPerWork * lastMs),
    );
    timer.unref();
  }

  return {
    changed() {
      dirty = true;
      schedule();
    },
    state: () => ({ ...state }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      if (dirty) await write();
    },
  };
}
