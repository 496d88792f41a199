import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const [rackSide, machineSide] = ['mwshare-rack', 'mwshare-machines'];
const machines = ['10.99.7.11', '10.99.7.12', '10.99.7.13', '10.99.7.14'];
const program = (name: string): string => new URL(name, import.meta.url).pathname;

let server: ChildProcessWithoutNullStreams;

const ip = (...args: string[]) => run('ip', args);
const inside = (namespace: string, ...command: string[]) =>
  run('ip', ['netns', 'exec', namespace, ...command]);

/** A cable of 160 Mbit/s between a rack and its machines. */
beforeAll(async () => {
  await removeAll();
  await ip('netns', 'add', rackSide);
  await ip('netns', 'add', machineSide);
  await ip(
    ...['link', 'add', 'mwshare0', 'netns', rackSide, 'type', 'veth'],
    ...['peer', 'name', 'mwshare1', 'netns', machineSide],
  );
  await inside(rackSide, 'ip', 'address', 'add', '10.99.7.1/24', 'dev', 'mwshare0');
  for (const address of machines)
    await inside(machineSide, 'ip', 'address', 'add', `${address}/24`, 'dev', 'mwshare1');
  await inside(rackSide, 'ip', 'link', 'set', 'mwshare0', 'up');
  await inside(machineSide, 'ip', 'link', 'set', 'mwshare1', 'up');
  const shape = ['tbf', 'rate', '160mbit', 'burst', '128kb', 'latency', '100ms'];
  await inside(rackSide, 'tc', 'qdisc', 'add', 'dev', 'mwshare0', 'root', ...shape);
  server = spawn('ip', ['netns', 'exec', rackSide, process.execPath, program('serve-program.ts')]);
});

afterAll(async () => {
  server.stdin.end();
  if (server.exitCode === null) await once(server, 'exit');
  await removeAll();
});

async function removeAll(): Promise<void> {
  for (const namespace of [rackSide, machineSide]) await ip('netns', 'del', namespace).catch(() => undefined);
}

it('a machine with sixteen connections has no more of a full link than one with one', async () => {
  const [said] = await once(server.stdout, 'data');
  const { port, path }: { port: number; path: string } = JSON.parse(String(said));
  const [greedy = '', ...modest] = machines;
  const { stdout } = await inside(
    ...([
      machineSide,
      process.execPath,
      program('download-program.ts'),
      '10.99.7.1',
      String(port),
      path,
    ] as const),
    ...[greedy, '16', ...modest.flatMap((address) => [address, '1'])],
  );
  const [greedyBytes = 0, ...others]: number[] = JSON.parse(stdout);
  const mean = others.reduce((sum, bytes) => sum + bytes, 0) / others.length;
  expect(greedyBytes / mean, `${greedyBytes} against ${others.join()}`).toBeLessThan(2);
  expect(Math.min(...others) / mean).toBeGreaterThan(0.5);
});
