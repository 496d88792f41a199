import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPidFile, startDaemon, stopDaemon } from './daemon.ts';
import { withLock } from './lock.ts';
import { poll } from './poll.ts';
import { identify, isAlive, parseStartTicks } from './proc-stat.ts';
import { run, tryRun } from './run.ts';

describe('parseStartTicks', () => {
  const rest = Array.from({ length: 18 }, (_, index) => String(index + 1)).join(' ');
  it.each([
    ['a plain name', `12 (node) S ${rest} 4711 0`, 4711],
    ['a name with spaces and brackets', `12 (a) b (c) S ${rest} 4711 0`, 4711],
    ['a zombie, which is gone', `12 (node) Z ${rest} 4711 0`, undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_, text, ticks) => {
    expect(parseStartTicks(text)).toBe(ticks);
  });
});

describe('a daemon', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mw-daemon-'));
  });
  afterEach(async () => {
    await stopDaemon(directory, 'd');
    rmSync(directory, { recursive: true, force: true });
  });
  const start = (script: string) =>
    startDaemon({ name: 'd', directory, command: '/bin/sh', args: ['-c', script], lifetime: 'parent' });

  it('is started once, and stopped by its pid file', async () => {
    const daemon = start('exec sleep 60');
    expect(start('exec sleep 60').pid).toBe(daemon.pid);
    await stopDaemon(directory, 'd');
    expect(identify(daemon.pid)).toBeUndefined();
    expect(readPidFile(directory, 'd')).toBeUndefined();
  });

  it('is killed when it does not end by itself', async () => {
    const daemon = start('trap "" TERM; echo ready; while :; do sleep 0.1; done');
    await expect.poll(() => readLog(daemon.logPath)).toContain('ready');
    await stopDaemon(directory, 'd', 100);
    expect(identify(daemon.pid)).toBeUndefined();
  });

  it('tells with the end of its log that it died', async () => {
    const end = join(directory, 'end');
    const daemon = start(`until [ -e '${end}' ]; do sleep 0.02; done; echo the reason; exit 1`);
    writeFileSync(end, '');
    await expect.poll(() => identify(daemon.pid)).toBeUndefined();
    expect(() => daemon.assertAlive()).toThrow(/the reason/);
  });

  it('is never mistaken for a later process with its pid', async () => {
    const own = identify(process.pid)!;
    writeFileSync(join(directory, 'd.pid'), JSON.stringify({ ...own, startTicks: own.startTicks - 1 }));
    expect(readPidFile(directory, 'd')).toBeUndefined();
    await stopDaemon(directory, 'd');
    expect(isAlive(own)).toBe(true);
  });
});

describe('a lock', () => {
  const path = join(tmpdir(), `mw-lock-${process.pid}`);

  it('lets one in at a time, and the next one after it, also when it fails', async () => {
    const failing = withLock(path, 'work', async () => {
      await expect(withLock(path, 'work', async () => 1)).rejects.toMatchObject({ code: 'Conflict' });
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    expect(await withLock(path, 'work', async () => 2)).toBe(2);
  });

  it('is waited for by who has the time', async () => {
    const order: string[] = [];
    let enter: (() => void) | undefined;
    const inside = new Promise<void>((resolve) => {
      enter = resolve;
    });
    let leave: (() => void) | undefined;
    const first = withLock(path, 'work', async () => {
      enter?.();
      await new Promise<void>((resolve) => {
        leave = resolve;
      });
      order.push('first');
    });
    await inside;
    const second = withLock(path, 'work', async () => order.push('second'), { waitMs: 20_000 });
    leave?.();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('is taken over from a process that is gone', async () => {
    writeFileSync(path, JSON.stringify({ ...identify(process.pid)!, startTicks: 1 }));
    expect(await withLock(path, 'work', async () => 3)).toBe(3);
  });
});

describe('running a program', () => {
  it('gives its output, and takes input', async () => {
    expect(await run('cat', [], { input: 'hello' })).toBe('hello');
  });

  it.each([
    ['its exit code', 'sh', ['-c', 'echo why >&2; exit 3'], 3, 'why'],
    ['124 when it is not there', '/nonexistent/program', [], 124, 'ENOENT'],
  ])('gives %s', async (_, command, args, code, said) => {
    const result = await tryRun(command, args);
    expect(result).toMatchObject({ code });
    expect(result.stderr).toContain(said);
    await expect(run(command, args)).rejects.toMatchObject({ code: 'CommandFailed' });
  });
});

describe('poll', () => {
  it('gives the first result', async () => {
    let calls = 0;
    expect(
      await poll(() => (++calls < 3 ? undefined : calls), { what: 'it', timeoutMs: 5000, intervalMs: 1 }),
    ).toBe(3);
  });

  it('ends with what was waited for', async () => {
    const failure = poll(() => undefined, { what: () => 'the end', timeoutMs: 0, intervalMs: 1 });
    await expect(failure).rejects.toMatchObject({ code: 'TimedOut', message: /waiting for the end/ });
  });

  it('ends at once when its check throws', async () => {
    const check = () => {
      throw new Error('dead');
    };
    await expect(poll(() => undefined, { what: 'it', timeoutMs: 60_000, check })).rejects.toThrow('dead');
  });
});

async function readLog(path: string): Promise<string> {
  return await run('cat', [path]);
}
