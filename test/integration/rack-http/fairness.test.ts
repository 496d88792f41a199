import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemTimers } from '../../../src/kube/timers.ts';
import { createFairShare } from '../../../src/rack/http/fair-share.ts';
import { createFileSender } from '../../../src/rack/net/native-file-sender.ts';
import { type Download, download } from './download.ts';
import { startRack, type TestRack } from './rack.ts';

const run = promisify(execFile);
const mib = 1024 * 1024;
let rack: TestRack | undefined;
const downloads: Download[] = [];

afterEach(async () => {
  for (const one of downloads.splice(0)) one.stop();
  await rack?.stop();
  rack = undefined;
});

/** One machine: so many connections from one address, each asking for the image again and again. */
function machine(host: number, connections: number, path: string, readBytesPerSecond?: number): () => number {
  const port = rack?.port ?? 0;
  const own = Array.from({ length: connections }, () =>
    download({ port, path, from: `127.0.1.${host}`, readBytesPerSecond }),
  );
  downloads.push(...own);
  return () => own.reduce((sum, one) => sum + one.received(), 0);
}

describe('machines that install at once', () => {
  it.each([
    ['copied by the process', undefined],
    ['sent by the kernel', createFileSender()],
  ])('have equal shares, one of them greedy and one slow: %s', async (_, sender) => {
    const share = createFairShare({ timers: systemTimers, bytesPerSecond: 40 * mib });
    rack = await startRack({}, { server: { share, ...(sender === undefined ? {} : { sender }) } });
    const digest = await rack.addImage(Buffer.alloc(48 * mib, 'image'));
    await rack.images.ensure(digest);
    const path = `/images/${digest}`;
    const greedy = machine(1, 16, path);
    const modest = [machine(2, 1, path), machine(3, 1, path), machine(4, 1, path)];
    const slow = machine(5, 1, path, 2 * mib);
    const least = () => Math.min(...modest.map((received) => received()));
    // What the kernel holds for a connection is no share: it is left out at the beginning.
    await expect.poll(least, { timeout: 30_000 }).toBeGreaterThan(8 * mib);
    const before = [greedy, ...modest].map((received) => received());
    const slowBefore = slow();
    await expect.poll(least, { timeout: 60_000 }).toBeGreaterThan(48 * mib);
    const [greedyShare = 0, ...shares] = [greedy, ...modest].map(
      (received, index) => received() - (before[index] ?? 0),
    );
    const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    expect(greedyShare).toBeLessThan(1.5 * mean);
    expect(greedyShare).toBeGreaterThan(0.4 * mean);
    for (const one of shares) expect(Math.abs(one - mean)).toBeLessThan(0.3 * mean);
    expect(slow()).toBeGreaterThan(slowBefore);
  });

  it('are a hundred, and none is done long after the others', async () => {
    const share = createFairShare({ timers: systemTimers, bytesPerSecond: 60 * mib });
    rack = await startRack({}, { server: { share } });
    const digest = await rack.addImage(Buffer.alloc(4 * mib, 'image'));
    await rack.images.ensure(digest);
    const url = `${rack.base}/images/${digest}`;
    const transfers = Array.from({ length: 100 }, (_, host) =>
      [
        ...[`url = "${url}"`, `output = "/dev/null"`, `interface = "127.0.2.${host + 1}"`],
        'write-out = "%{http_code} %{size_download} %{time_total}\\n"',
      ].join('\n'),
    );
    const config = join(rack.directory, 'curl.conf');
    await writeFile(config, transfers.join('\nnext\n'));
    const { stdout } = await run('curl', [
      ...['-s', '--parallel', '--parallel-immediate', '--parallel-max', '100', '-K', config],
    ]);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    expect(results).toHaveLength(100);
    expect(results.every(([status, size]) => status === 200 && size === 4 * mib)).toBe(true);
    const times = results.map(([, , seconds = 0]) => seconds);
    const mean = times.reduce((sum, seconds) => sum + seconds, 0) / times.length;
    expect(Math.max(...times)).toBeLessThan(2 * mean);
  });
});
