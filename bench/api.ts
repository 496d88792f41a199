import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineKind } from '../src/api/machine/schema.ts';
import { zoneKind } from '../src/api/zone/schema.ts';
import { createKubeClient } from '../src/kube/client.ts';
import { loadKubeConfig, readCredentials } from '../src/kube/kubeconfig.ts';
import { load, type Target } from './api/load.ts';
import { openStreams, type Streams } from './api/streams.ts';
import { percentile } from './lib/figures.ts';
import { startFilled } from './lib/filled.ts';
import { cpuSeconds, residentMiB } from './lib/process-cost.ts';
import { createReport } from './lib/record.ts';
import { type MeasuredServer, makeTokens, startMeasuredServer } from './lib/server.ts';

/*
 * The REST API server as a process on a real API server, with history in PostgreSQL: lists in many orders and with many filters at 50 a second, beside the API
 * server's own first page; changes until a stream has them; 200 streams at once; memory. `./dev bench api 500` tries it out.
 */

const size = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000);
const perSecond = 50;
const seconds = 20;
const streamCount = 200;
const eventsPerSecond = 500;
/** A tenth more than the goal, for the end of the last one counts as well. */
const offeredPerSecond = 550;

const lists = [
  'sort=spec.pool',
  'sort=-metadata.creationTimestamp',
  'sort=status.hardware.memoryMiB,-spec.zone',
  'sort=status.conditions.Ready.reason',
  'fieldSelector=spec.pool=pool-3',
  'fieldSelector=status.phase!=Ready,spec.zone=zone-1&sort=-spec.pool',
  'fieldSelector=status.conditions.Ready=True&sort=metadata.name',
  'q=r17',
  'q=poweredge+52:54&sort=spec.zone',
  'labelSelector=!missing',
].map((query) => `/api/v1/machines?limit=100&${query}`);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const directory = mkdtempSync(join(tmpdir(), 'mw-bench-api-'));
const report = createReport('api');
const controlPlane = await startFilled(join(directory, 'control-plane'), size, report.note);
const client = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
let server: MeasuredServer | undefined;
let streams: Streams | undefined;

const machineOf = (number: number): string => `r${Math.floor((number % size) / 40)}-${(number % size) % 40}`;
const zoneOf = (number: number): string => `zone-${number % 100}`;

/** Calls `write` so often a second, 32 times at once at most. */
async function repeat(
  count: number,
  rate: number,
  write: (number: number) => Promise<unknown>,
): Promise<void> {
  const begin = performance.now();
  const under = new Set<Promise<unknown>>();
  for (let number = 0; number < count; number += 1) {
    const wait = begin + (number * 1000) / rate - performance.now();
    if (wait > 0) await pause(wait);
    while (under.size >= 32) await Promise.race(under);
    const written = write(number).finally(() => under.delete(written));
    under.add(written);
  }
  await Promise.all(under);
}

try {
  // The server lets one token have 32 streams.
  const tokens = makeTokens(controlPlane.kubeconfigPath, Math.ceil(streamCount / 25));
  const [token = ''] = tokens;
  server = await startMeasuredServer(controlPlane.kubeconfigPath, directory, {
    METALWRIGHT_API_STREAMS: String(streamCount + 10),
  });
  const { url, pid } = server;
  report.note(`ready after ${server.readySeconds.toFixed(1)} s, ${residentMiB(pid).toFixed(0)} MiB`);

  const headers = { authorization: `Bearer ${token}` };
  const ours: Target = { url, headers };
  await load(ours, lists, { perSecond: 10, seconds: 2 });
  const before = cpuSeconds(pid);
  const listed = await load(ours, lists, { perSecond, seconds });
  const residentAfterLists = residentMiB(pid);
  const cpuMs = ((cpuSeconds(pid) - before) * 1000) / listed.length;
  const { tls } = await readCredentials(loadKubeConfig(controlPlane.kubeconfigPath));
  // An administrator's certificate: no fair share of anything is waited for.
  const apiServer: Target = { url: controlPlane.url, headers: {}, tls };
  const path = `/apis/${machineKind.group}/${machineKind.version}/machines?limit=100`;
  const peer = await load(apiServer, [path], { perSecond: 10, seconds: 10 });
  const p99 = (answers: typeof listed): number =>
    percentile(
      answers.map(({ ms }) => ms),
      0.99,
    );
  report.note(
    `median ${percentile(
      listed.map(({ ms }) => ms),
      0.5,
    ).toFixed(
      1,
    )} ms, ${cpuMs.toFixed(1)} ms of processor time for each, ${residentAfterLists.toFixed(0)} MiB`,
  );
  report.add({
    name: 'api-list-p99',
    what: `page of 100 of ${size.toLocaleString('en')} machines, ten sorts and filters in turns, ${perSecond} a second: p99 (kube-apiserver: its first page, by name, 10 a second)`,
    ours: p99(listed),
    peers: [
      { name: 'kube-apiserver', value: p99(peer) },
      { name: 'goal', value: 100 },
    ],
    unit: 'ms',
  });

  streams = openStreams({ url: `${url}/api/v1/watch?resources=machines`, tokens, clients: 1 });
  await pause(500);
  const writtenAt: number[] = [];
  await repeat(200, 20, (number) => {
    writtenAt[number] = performance.timeOrigin + performance.now();
    return client.patch(machineKind, machineOf(number), {
      metadata: { annotations: { bench: String(number) } },
    });
  });
  let { marks } = await streams.seen();
  for (let tries = 0; tries < 100 && marks['199'] === undefined; tries += 1) {
    await pause(200);
    ({ marks } = await streams.seen());
  }
  await streams.stop();
  const delays = writtenAt.map((at, number) => (marks[number] ?? Number.POSITIVE_INFINITY) - at);
  report.add({
    name: 'api-change-seen',
    what: 'from before a change is written to the API server until a stream has it: p99',
    ours: percentile(delays, 0.99),
    peers: [{ name: 'goal', value: 500 }],
    unit: 'ms',
  });

  // A change of a Machine costs the API server 6 ms of a processor's time, so that it takes some 200 a second; one of a Zone a third.
  for (let number = 0; number < 100; number += 1)
    await client.create(zoneKind, { metadata: { name: zoneOf(number) }, spec: {} });
  streams = openStreams({ url: `${url}/api/v1/watch?resources=zones`, tokens, clients: streamCount });
  while ((await streams.seen()).open < streamCount) await pause(100);
  const count = eventsPerSecond * 10;
  const from = performance.now();
  await repeat(count, offeredPerSecond, (number) =>
    client.patch(zoneKind, zoneOf(number), { metadata: { annotations: { bench: `s${number}` } } }),
  );
  const writeSeconds = (performance.now() - from) / 1000;
  let seen = await streams.seen();
  for (
    let tries = 0;
    tries < 100 && Math.min(...seen.events) < count && seen.ended.length === 0;
    tries += 1
  ) {
    await pause(200);
    seen = await streams.seen();
  }
  const allSeconds = (performance.now() - from) / 1000;
  const lost = seen.events.reduce((sum, events) => sum + Math.max(0, count - events), 0);
  report.note(
    `${count} changes written in ${writeSeconds.toFixed(1)} s, seen by all in ${allSeconds.toFixed(1)} s, ${(seen.bytes / 2 ** 20).toFixed(0)} MiB, ${residentMiB(pid).toFixed(0)} MiB resident, ended: ${seen.ended.length}`,
  );
  await streams.stop();
  report.add({
    name: 'api-streams-rate',
    what: `${streamCount} streams of all zones, ${offeredPerSecond} changes a second offered: changes a second that every one of them has got (lost: ${lost})`,
    ours: lost === 0 ? count / allSeconds : 0,
    peers: [{ name: 'goal', value: eventsPerSecond }],
    unit: 'changes/s',
  });
  report.add({
    name: 'api-memory',
    what: `resident memory of the server, after the lists or after the streams, whichever is more, with ${size.toLocaleString('en')} machines, their inventories, and history in PostgreSQL`,
    ours: Math.max(residentAfterLists, residentMiB(pid)),
    peers: [{ name: 'goal', value: 512 }],
    unit: 'MiB',
  });
  report.close();
} finally {
  await streams?.stop();
  await server?.stop();
  await client.close();
  await controlPlane.stop();
  rmSync(directory, { recursive: true, force: true });
}
