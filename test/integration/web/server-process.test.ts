import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServerProcess } from './server-process.ts';

/** Ids of the processes that this one has started and that are still there. */
function children(): string[] {
  const tasks = `/proc/${process.pid}/task`;
  return readdirSync(tasks).flatMap((task) =>
    readFileSync(join(tasks, task, 'children'), 'utf8')
      .split(' ')
      .filter(Boolean),
  );
}

describe('a server for tests', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-server-process-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is gone when it was not ready in time', async () => {
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'away',
        contexts: [{ name: 'away', context: { cluster: 'away', user: 'me' } }],
        clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'me', user: {} }],
      }),
    );
    const before = children();
    await expect(startServerProcess(kubeconfig, {}, 3_000)).rejects.toThrow('the server is ready');
    expect(children()).toEqual(before);
  }, 60_000);
});
