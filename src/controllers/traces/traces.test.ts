import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { type BootTrace, bootTrace } from './boot-trace.ts';
import { createTraceExporter } from './exporter.ts';
import { otlpTraces } from './otlp.ts';
import { createTraceTeller } from './teller.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

const steps = [
  { step: 'PoweredOn', at: at(0), durationSeconds: 0 },
  { step: 'Dhcp', at: at(4), durationSeconds: 4, detail: 'at rack r1' },
  { step: 'PhonedHome', at: at(64), durationSeconds: 60 },
];

function machine(given: Partial<MachineStatus> = {}, generation = 3) {
  const timeline = { generation, work: 'Install', steps };
  const { metadata, ...rest } = aMachine({ name: 'm1' });
  return {
    ...rest,
    metadata: { ...metadata, uid: 'uid-1' },
    status: { phase: 'Deployed' as const, timeline, ...given },
  };
}

describe('the trace of a boot', () => {
  it('has a span for the boot, and one for each step inside of it', () => {
    const trace = bootTrace(machine());
    const [root, ...children] = trace?.spans ?? [];
    expect(root).toMatchObject({ name: 'boot Install', start, end: start + 64_000 });
    expect(root?.attributes).toMatchObject({ 'metalwright.machine': 'm1', 'metalwright.boot.generation': 3 });
    expect(children.map(({ name, start: from, end }) => [name, from - start, end - start])).toEqual([
      ['PoweredOn', 0, 0],
      ['Dhcp', 0, 4_000],
      ['PhonedHome', 4_000, 64_000],
    ]);
    expect(new Set(children.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([root?.spanId]));
  });

  it('has the same ids whoever tells it, and others for another boot', () => {
    expect(bootTrace(machine())).toEqual(bootTrace(machine()));
    expect(bootTrace(machine({}, 4))?.traceId).not.toBe(bootTrace(machine())?.traceId);
  });

  it('says what went wrong', () => {
    const failure = {
      reason: 'ImageTooLarge',
      message: 'the disk is too small',
      phase: 'Deploying' as const,
    };
    const [root] = bootTrace(machine({ phase: 'DeploymentFailed', failure }))?.spans ?? [];
    expect(root?.error).toBe('ImageTooLarge: the disk is too small');
  });

  it.each<[string, Partial<MachineStatus>]>([
    ['while it goes on', { timeline: { generation: 3, work: 'Install', awaited: 'Loader', steps } }],
    ['where nothing was seen', { timeline: { generation: 3, work: 'Install', steps: [] } }],
    ['without a timeline', { timeline: undefined }],
  ])('is not there %s', (_, status) => expect(bootTrace(machine(status))).toBeUndefined());
});

describe('whoever tells of boots', () => {
  function teller(now: number) {
    const told: string[] = [];
    const state = { leads: true };
    const deps = { isLeader: () => state.leads, tell: ({ traceId }: BootTrace) => void told.push(traceId) };
    const hear = createTraceTeller({ ...deps, clock: { now: () => now } });
    return { told, state, hear: (object = machine()) => hear({ type: 'Modified', object } as const) };
  }

  it('tells of each once', () => {
    const { told, hear } = teller(start + 65_000);
    hear();
    hear();
    hear(machine({}, 4));
    expect(told).toHaveLength(2);
  });

  it('says nothing while another one leads, and takes over what is fresh', () => {
    const { told, state, hear } = teller(start + 65_000);
    state.leads = false;
    hear();
    expect(told).toEqual([]);
    state.leads = true;
    hear();
    expect(told).toHaveLength(1);
  });

  it('leaves alone what ended long before it began', () => {
    const { told, hear } = teller(start + 3_600_000);
    hear();
    expect(told).toEqual([]);
  });
});

describe('the exporter', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** A collector that answers with these statuses, then with 200. */
  async function collector(...statuses: number[]) {
    const bodies: unknown[] = [];
    const server = createServer(async (request, response) => {
      bodies.push({ path: request.url, key: request.headers['x-key'], body: await json(request) });
      response.writeHead(statuses.shift() ?? 200).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const timers = createManualTimers();
    const exporter = createTraceExporter({
      ...{ url: `http://127.0.0.1:${port}/v1/traces`, headers: { 'x-key': 'k' }, version: '0.1.0' },
      ...{ log: silentLogger, timers },
    });
    closing.push(
      () => exporter.stop(),
      () => {
        server.closeAllConnections();
        server.close();
      },
    );
    return { bodies, exporter, timers };
  }
  const trace = bootTrace(machine());
  if (trace === undefined) throw new Error('the boot is over');

  it('posts OTLP in JSON, with the headers that were given', async () => {
    const { bodies, exporter } = await collector();
    exporter.add(trace);
    await expect.poll(() => bodies.length).toBe(1);
    expect(bodies[0]).toEqual({ path: '/v1/traces', key: 'k', body: otlpTraces([trace], '0.1.0') });
  });

  it('tries again what a collector that is busy did not take, and no other refusal', async () => {
    const { bodies, exporter, timers } = await collector(503, 400);
    exporter.add(trace);
    await expect.poll(() => bodies.length).toBe(1);
    await expect
      .poll(async () => {
        await timers.advance(1_000);
        return bodies.length;
      })
      .toBe(2);
    await timers.advance(60_000);
    exporter.add({ ...trace, traceId: 'f'.repeat(32) });
    await expect.poll(() => bodies.length).toBe(3);
    expect(JSON.stringify(bodies[2])).not.toContain(trace.traceId);
  });

  it('sends what waits when it ends', async () => {
    const { bodies, exporter } = await collector(503, 503);
    exporter.add(trace);
    await expect.poll(() => bodies.length).toBe(1);
    await exporter.stop();
    expect(bodies.length).toBeGreaterThan(2);
  });

  it('writes times in nanoseconds as text, and ids in hex, as OTLP wants them in JSON', () => {
    const text = JSON.stringify(otlpTraces([trace], '0.1.0'));
    expect(text).toContain(`"startTimeUnixNano":"${start}000000"`);
    expect(text).toMatch(/"traceId":"[0-9a-f]{32}","spanId":"[0-9a-f]{16}","parentSpanId":""/);
  });
});
