import { readFile, stat } from 'node:fs/promises';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { createSealer, type Sealer } from './seal.ts';

const lookEveryMs = 10_000;

/** A sealer whose keys are in a file. */
export interface KeyFile {
  sealer(): Sealer;
  stop(): void;
}

/**
 * Secrets of at least 32 characters, one a line: the first seals, all open. The file is read again when it changes; a changed file
 * that cannot be used changes nothing.
 *
 * @throws CodedError ConfigurationInvalid when it cannot be used at the start
 */
export async function openKeyFile(path: string, log: Logger, timers: Timers): Promise<KeyFile> {
  let version = await versionOf(path);
  let sealer = await readSealer(path);
  let stopped = false;

  async function look(): Promise<void> {
    try {
      const found = await versionOf(path);
      if (found !== version) {
        sealer = await readSealer(path);
        version = found;
        log.info({ path }, 'the keys of sessions were read again');
      }
    } catch (error) {
      log.warn({ path, error: messageOf(error) }, 'the keys of sessions stay as they were');
    }
    if (!stopped) cancel = timers.after(lookEveryMs, () => void look());
  }
  let cancel = timers.after(lookEveryMs, () => void look());

  return {
    sealer: () => sealer,
    stop() {
      stopped = true;
      cancel();
    },
  };
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, ino, size } = await stat(path).catch(unusable);
  return `${mtimeMs} ${ino} ${size}`;
}

async function readSealer(path: string): Promise<Sealer> {
  const text = await readFile(path, 'utf8').catch(unusable);
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line));
  try {
    return createSealer(secrets);
  } catch {
    return unusable(new Error('every line needs at least 32 characters, and there is at least one'));
  }
}

function unusable(error: unknown): never {
  throw new CodedError('ConfigurationInvalid', `METALWRIGHT_API_SESSION_KEYS: ${messageOf(error)}`, {
    cause: error,
  });
}
