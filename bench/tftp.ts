import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, percentile } from './lib/figures.ts';
import { cpuSeconds } from './lib/process-cost.ts';
import { createReport } from './lib/record.ts';
import { createWire, requirePrograms, wire } from './lib/wire.ts';
import { dnsmasqTftp, hpaTftp, rackTftp, type TftpServerUnderTest } from './tftp/servers.ts';
import type { SwarmResult } from './tftp/swarm.ts';

/*
 * TFTP: one stream fetched by curl, and 500 clients at once. The servers take turns, round by round, so that what else
 * the machine does hits all of them.
 */

const rounds = 5;
const streamBytes = 64 * 1024 * 1024;
const swarmBytes = 1024 * 1024;
const swarmClients = 500;

requirePrograms('dnsmasq', 'in.tftpd', 'curl');
const report = createReport('tftp');
const net = await createWire();
try {
  const files = {
    'stream.bin': randomFile('stream.bin', streamBytes),
    'small.bin': randomFile('small.bin', swarmBytes),
  };
  const ours = rackTftp(net, files);
  const [dnsmasq, hpa] = [dnsmasqTftp(net), hpaTftp(net)];
  const speeds = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const server of [ours, dnsmasq, hpa]) {
      const speed = await streamSpeed(server);
      report.note(`${server.name}: ${speed.toFixed(1)} MB/s`);
      speeds.set(server.name, [...(speeds.get(server.name) ?? []), speed]);
    }
  }
  const speedOf = ({ name }: TftpServerUnderTest): number => median(speeds.get(name) ?? []);
  report.add({
    name: 'tftp-stream',
    what: 'one stream of 64 MiB, blksize 1468, lockstep',
    ours: speedOf(ours),
    peers: [dnsmasq, hpa].map((peer) => ({ name: peer.name, value: speedOf(peer) })),
    unit: 'MB/s',
  });
  const [own, ...peers] = [await swarm(ours), await swarm(dnsmasq), await swarm(hpa)];
  const compared = (value: (of: Swarm) => number): { name: string; value: number }[] =>
    peers.map((peer) => ({ name: peer.name, value: value(peer) }));
  report.add({
    name: 'tftp-500-failures',
    what: '500 clients of 1 MiB each at once: transfers that failed',
    ours: own.failures,
    peers: compared(({ failures }) => failures),
    unit: 'transfers',
  });
  report.add({
    name: 'tftp-500-total',
    what: '500 clients of 1 MiB each at once: until the last one is served',
    ours: own.lastMs / 1000,
    peers: compared(({ lastMs }) => lastMs / 1000),
    unit: 's',
  });
  report.add({
    name: 'tftp-500-spread',
    what: '500 clients of 1 MiB each at once: p99 of the times divided by their mean',
    ours: own.spread,
    peers: [...compared(({ spread }) => spread), { name: 'goal', value: 2 }],
    unit: '',
  });
  report.close();
} finally {
  await net.close();
}

function randomFile(name: string, bytes: number): string {
  const path = join(net.directory, name);
  writeFileSync(path, randomFillSync(Buffer.alloc(bytes)), { mode: 0o644 });
  return path;
}

/** MB/s of one transfer. */
async function streamSpeed(server: TftpServerUnderTest): Promise<number> {
  const running = await server.start();
  try {
    const { code, output } = await net.client.run([
      ...['curl', '--silent', '--show-error', '--tftp-blksize', '1468', '--output', '/dev/null'],
      ...['--write-out', '%{size_download} %{time_total}', `tftp://${wire.serverAddress}/stream.bin`],
    ]);
    const [size, seconds] = output.split(' ').map(Number);
    if (code !== 0 || size !== streamBytes || seconds === undefined)
      throw new Error(`${server.name}: ${output}`);
    return size / seconds / 1e6;
  } finally {
    await running.stop();
  }
}

interface Swarm {
  name: string;
  failures: number;
  spread: number;
  lastMs: number;
}

async function swarm(server: TftpServerUnderTest): Promise<Swarm> {
  const running = await server.start();
  try {
    const program = join(import.meta.dirname, 'tftp', 'swarm.ts');
    const before = cpuSeconds(running.pid ?? 0);
    const { code, output } = await net.client.run(
      [process.execPath, program, wire.serverAddress, 'small.bin', String(swarmBytes), String(swarmClients)],
      { timeoutMs: 300_000 },
    );
    if (code !== 0) throw new Error(`the clients of ${server.name} failed:\n${output}`);
    const { failures, took }: SwarmResult = JSON.parse(output);
    const mean = took.reduce((sum, time) => sum + time, 0) / took.length;
    const used = cpuSeconds(running.pid ?? 0) - before;
    report.note(
      `${server.name}: ${failures} failed, mean ${mean.toFixed(0)} ms, ${used.toFixed(2)} s of processor time`,
    );
    return {
      name: server.name,
      failures,
      spread: percentile(took, 0.99) / mean,
      lastMs: percentile(took, 1),
    };
  } finally {
    await running.stop();
  }
}
