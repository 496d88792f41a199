import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metalwright-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

const cacheModule = new URL('./cache.ts', import.meta.url).href;

/** Another process that builds the product `thing`, says so in a file, and ends when told. */
function builder(log: string) {
  const program = `
    import { appendFile } from 'node:fs/promises';
    import { once } from 'node:events';
    import { cached } from ${JSON.stringify(cacheModule)};
    await cached('thing', { words: ['w'], files: [] }, async () => {
      await appendFile(${JSON.stringify(log)}, 'made ');
      process.stdout.write('making');
      await once(process.stdin, 'data');
    });
    process.exit(0);
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, METALWRIGHT_CACHE: directory },
  });
}

describe('the build cache', () => {
  it('is built once by two processes at a time', async () => {
    const log = join(directory, 'log');
    const [first, second] = [builder(log), builder(log)];
    const ends = Promise.all([once(first, 'exit'), once(second, 'exit')]);
    const one = await Promise.race([
      once(first.stdout, 'data').then(() => first),
      once(second.stdout, 'data').then(() => second),
    ]);
    one.stdin.write('go');
    await ends;
    expect(await readFile(log, 'utf8')).toBe('made ');
  });

  it('is built by the next one when a builder was killed', async () => {
    const log = join(directory, 'log');
    const first = builder(log);
    await once(first.stdout, 'data');
    const second = builder(log);
    first.kill('SIGKILL');
    await once(second.stdout, 'data');
    second.stdin.write('go');
    await once(second, 'exit');
    expect(await readFile(log, 'utf8')).toBe('made made ');
  });
});

describe('a lock', () => {
  it('lets one after the other in, and the next also when one fails', async () => {
    const path = join(directory, 'locks', 'key.lock');
    const log = join(directory, 'log');
    const hold = (name: string) =>
      withLock(path, async () => {
        await appendFile(log, `${name}( `);
        await new Promise((resolve) => setImmediate(resolve));
        await appendFile(log, `) `);
        if (name === 'b') throw new Error('b failed');
      });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(hold));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect((await readFile(log, 'utf8')).replaceAll(/[abc]/g, '')).toBe('( ) ( ) ( ) ');
  });
});
