import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchImage, type HttpServerUnderTest, nginx, rackHttp } from './http/servers.ts';
import { median } from './lib/figures.ts';
import { createReport } from './lib/record.ts';
import { createWire, requirePrograms } from './lib/wire.ts';

/*
 * HTTP: an image of 1 GiB out of the page cache, fetched by curl, once and by 16 clients at once, each with an address of
 * its own as machines have. The servers take
 * turns, round by round.
 */

const rounds = 5;
const imageBytes = 1024 ** 3;

requirePrograms('nginx', 'curl');
const report = createReport('http');
const net = await createWire();
try {
  const image = makeImage();
  const servers = [rackHttp(net, image), nginx(net, image)] as const;
  for (const clients of [1, 16]) {
    const speeds = new Map<string, number[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const server of servers) {
        const speed = await speedOf(server, clients);
        report.note(`${server.name}, ${clients} clients: ${speed.toFixed(0)} MB/s`);
        speeds.set(server.name, [...(speeds.get(server.name) ?? []), speed]);
      }
    }
    report.add({
      name: `http-${clients}-clients`,
      what: `an image of 1 GiB, ${clients} ${clients === 1 ? 'client' : 'clients at once, all of them together'}`,
      ours: median(speeds.get('ours') ?? []),
      peers: [{ name: 'nginx', value: median(speeds.get('nginx') ?? []) }],
      unit: 'MB/s',
    });
  }
  report.close();
} finally {
  await net.close();
}

function makeImage(): BenchImage {
  const path = join(net.directory, 'image.bin');
  const file = openSync(path, 'w', 0o644);
  const hash = createHash('sha256');
  const chunk = randomFillSync(Buffer.alloc(8 * 1024 * 1024));
  for (let written = 0; written < imageBytes; written += chunk.length) {
    chunk.writeUInt32BE(written >>> 0);
    hash.update(chunk);
    writeSync(file, chunk);
  }
  closeSync(file);
  return { path, digest: hash.digest('hex'), bytes: imageBytes };
}

/** MB/s of all clients together, from the first start to the last end. */
async function speedOf(server: HttpServerUnderTest, clients: number): Promise<number> {
  const running = await server.start();
  try {
    await fetchOnce(server, '--range', '0-1048575');
    const began = performance.now();
    const sizes = await Promise.all(
      Array.from({ length: clients }, (_, number) =>
        fetchOnce(server, '--interface', `10.1.1.${number + 1}`),
      ),
    );
    const seconds = (performance.now() - began) / 1000;
    if (sizes.some((size) => size !== imageBytes)) throw new Error(`${server.name} sent ${sizes} bytes`);
    return (clients * imageBytes) / seconds / 1e6;
  } finally {
    await running.stop();
  }
}

/** Bytes that came. */
async function fetchOnce(server: HttpServerUnderTest, ...options: string[]): Promise<number> {
  const { code, output } = await net.client.run(
    [
      ...['curl', '--silent', '--show-error', '--fail', '--output', '/dev/null'],
      ...['--write-out', '%{size_download}', ...options, server.url],
    ],
    { timeoutMs: 300_000 },
  );
  if (code !== 0) throw new Error(`${server.name}: ${output}`);
  return Number(output);
}
