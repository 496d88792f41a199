import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';

/** A JSON value as a text that shows when it was cut off or changed: the value on one line, its SHA-256 on the next. */
export function seal(value: unknown): string {
  const line = JSON.stringify(value);
  return `${line}\n${digestOf(line)}\n`;
}

/** The value of a sealed text. Throws DecodeError when it is not whole. */
export function unseal(text: string): unknown {
  const [line = '', digest, rest] = text.split('\n');
  if (rest !== '' || digest === undefined) throw new DecodeError('the end is missing');
  if (digestOf(line) !== digest) throw new DecodeError('the checksum does not match');
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new DecodeError(`not JSON: ${messageOf(error)}`);
  }
}

function digestOf(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** Writes a new file for its owner alone and renames it over the old one. Resolves when both are on disk. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  await syncDirectory(dirname(path));
}

/** Makes names that came or went survive a crash. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
