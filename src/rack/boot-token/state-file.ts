import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { BootTokenState } from './schema.ts';

const empty: BootTokenState = { version: 1, tokens: [], sessions: [] };

/**
 * What was saved last. A file that cannot be read is put aside: the machines that boot at the moment then fail, each with a
 * name, and no token is honoured that is not known.
 */
export async function loadState(path: string, log: Logger): Promise<BootTokenState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return empty;
    throw error;
  }
  try {
    return BootTokenState.parse(JSON.parse(text));
  } catch (error) {
    log.error({ path, error: messageOf(error) }, 'the boot token state is damaged and was put aside');
    await rename(path, `${path}.damaged`);
    return empty;
  }
}

/** Saves whole states. */
export interface StateWriter {
  /** Resolves when a state at least as new as the present one is on disk. */
  save(): Promise<void>;
  /** Resolves when no write is under way; never rejects. */
  settled(): Promise<void>;
}

/**
 * Writes `state()` to a new file and renames it over the old one, for its owner alone. Calls during a write share the next.
 */
export function createStateWriter(path: string, state: () => BootTokenState): StateWriter {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function write(): Promise<void> {
    const fresh = `${path}.new`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(fresh, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(state()));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    const directory = await open(dirname(path), 'r');
    await directory.sync().finally(() => directory.close());
  }

  function start(): Promise<void> {
    running = write().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    save() {
      if (running === undefined) return start();
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
    async settled() {
      await next?.catch(() => {});
      await running?.catch(() => {});
    },
  };
}
