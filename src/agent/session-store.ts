import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Session } from './contract.ts';
import { readSession } from './rack/read.ts';

/**
 * The session of this boot, kept in memory-backed /run: the boot token is good for one use, and an agent that is started
 * again after a crash must go on with the session that it bought.
 */
export async function loadSession(path: string): Promise<Session | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return readSession({ status: 200, body: JSON.parse(text) });
}

export async function saveSession(path: string, session: Session): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(session), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
