import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { machineKind } from '../src/api/machine/schema.ts';
import { createKubeClient } from '../src/kube/client.ts';
import { desktop, launch } from '../test/integration/web/browser.ts';
import { median, percentile } from './lib/figures.ts';
import { startFilled } from './lib/filled.ts';
import { createReport } from './lib/record.ts';
import { type MeasuredServer, makeTokens, startMeasuredServer } from './lib/server.ts';
import { scrollFor, watchFirstRows, watchTexts } from './ui/probe.ts';

/*
 * The web UI in a headless Chromium that draws without a graphics card, on the server as a process, on a real API server. Everything
 * shares the cores. `./dev bench ui 500` tries it with fewer machines.
 */

const size = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000);
const rounds = 7;
const changes = 50;
const scrollSeconds = 5;
/** About forty rows a second: fast, and still to be read. */
const pixelsPerSecond = 1_500;

/** In the first rows of the list by name. */
const firstNames = ['r0-0', 'r0-1', ...Array.from({ length: 8 }, (_, at) => `r0-1${at}`)];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const directory = mkdtempSync(join(tmpdir(), 'mw-bench-ui-'));
const report = createReport('ui');
const controlPlane = await startFilled(join(directory, 'control-plane'), size, report.note);
const client = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
let server: MeasuredServer | undefined;
let browser: Browser | undefined;

/** The cookie of a session. */
async function signIn(url: string, token: string): Promise<{ name: string; value: string; url: string }> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-metalwright-request': '1' },
    body: JSON.stringify({ token }),
  });
  const [cookie = ''] = answer.headers.getSetCookie();
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
  if (name === '') throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  return { name, value, url };
}

/** A new browser without a cache, with the list on the screen. */
async function openList(cookie: { name: string; value: string; url: string }): Promise<Page> {
  await browser?.close();
  browser = await launch();
  const context = await browser.newContext({ viewport: desktop });
  await context.addCookies([cookie]);
  await context.addInitScript(watchFirstRows);
  return context.newPage();
}

/** Opens the list in it; answers when rows were on the screen, and the bytes of JavaScript until then, gzipped. */
async function view(page: Page, url: string): Promise<{ ms: number; bytes: number }> {
  const scripts: Promise<Buffer>[] = [];
  let isOver = false;
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script' || isOver) return;
    scripts.push(response.body());
  });
  await page.goto(`${url}/machines`, { waitUntil: 'commit' });
  const ms = await page.evaluate<number>('globalThis.firstRows');
  isOver = true;
  const bodies = await Promise.all(scripts);
  return { ms, bytes: bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) };
}

/** Milliseconds from before each of several changes is written to the API server until the row shows it. */
async function seeChanges(page: Page): Promise<number[]> {
  await page.evaluate(watchTexts);
  const writtenAt: number[] = [];
  for (let number = 0; number < changes; number += 1) {
    writtenAt.push(performance.timeOrigin + performance.now());
    await client.patch(machineKind, firstNames[number % firstNames.length] ?? '', {
      spec: { pool: `seen-${number}` },
    });
    await pause(200);
  }
  let seen: Record<string, number> = {};
  for (let tries = 0; tries < 100 && seen[`seen-${changes - 1}`] === undefined; tries += 1) {
    await pause(200);
    seen = await page.evaluate<Record<string, number>>('globalThis.seenTexts');
  }
  return writtenAt.map((at, number) => (seen[`seen-${number}`] ?? Number.POSITIVE_INFINITY) - at);
}

try {
  const [token = ''] = makeTokens(controlPlane.kubeconfigPath, 1);
  server = await startMeasuredServer(controlPlane.kubeconfigPath, directory);
  const { url } = server;
  const cookie = await signIn(url, token);

  const views: { ms: number; bytes: number }[] = [];
  let page = await openList(cookie);
  await view(page, url);
  for (let round = 0; round < rounds; round += 1) {
    page = await openList(cookie);
    views.push(await view(page, url));
  }
  const times = views.map(({ ms }) => ms);
  report.note(`first views: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  report.add({
    name: 'ui-first-view',
    what: `list of ${size.toLocaleString('en')} machines in a browser that was just started, from the address to rows on the screen: median of ${rounds}`,
    ours: median(times),
    peers: [{ name: 'goal', value: 1_500 }],
    unit: 'ms',
  });
  report.add({
    name: 'ui-first-view-javascript',
    what: 'JavaScript that the browser has loaded by then, gzipped',
    ours: Math.max(...views.map(({ bytes }) => bytes)) / 1024,
    peers: [{ name: 'goal', value: 300 }],
    unit: 'KiB',
  });

  report.add({
    name: 'ui-change-seen',
    what: 'from before a change of a machine is written to the API server until its row shows it: p99',
    ours: percentile(await seeChanges(page), 0.99),
    peers: [{ name: 'goal', value: 500 }],
    unit: 'ms',
  });

  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await debug.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const before = await busySeconds();
  // What is loaded while scrolling is part of it.
  const { frames, pixels } = await page.evaluate<{ frames: number[]; pixels: number }>(
    scrollFor(scrollSeconds, pixelsPerSecond),
  );
  const busyMs = ((await busySeconds()) - before) * 1000;
  const gaps = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  report.note(
    `${pixels.toFixed(0)} pixels, between frames ${median(gaps).toFixed(1)} ms, p99 ${percentile(gaps, 0.99).toFixed(1)} ms`,
  );
  report.add({
    name: 'ui-scroll-frames',
    what: `frames a second while the list is scrolled by ${pixelsPerSecond} pixels a second, more being loaded meanwhile`,
    ours: gaps.length / (((frames.at(-1) ?? 0) - (frames[0] ?? 0)) / 1000),
    peers: [{ name: 'goal', value: 60 }],
    unit: 'frames/s',
  });
  report.add({
    name: 'ui-scroll-cost',
    what: 'processor time of the page’s main thread for one of these frames',
    ours: busyMs / gaps.length,
    peers: [{ name: 'goal', value: 1000 / 60 }],
    unit: 'ms',
  });
  report.close();
} finally {
  await browser?.close();
  await server?.stop();
  await client.close();
  await controlPlane.stop();
  rmSync(directory, { recursive: true, force: true });
}
