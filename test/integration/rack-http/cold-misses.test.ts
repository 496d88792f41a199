import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type FetchDeps, fetchImage } from '../../../src/agent/install/fetch-image.ts';
import { openDownload } from '../../../src/agent/rack/http.ts';
import { systemTiming } from '../../../src/agent/time.ts';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { type Origin, type PacedOrigin, startOrigin, startPacedOrigin } from './origin.ts';
import { startRack, type TestRack, type TestRackOptions } from './rack.ts';

const mib = 1024 * 1024;
const content = randomBytes(8 * mib);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digest = digestOf(content);
const mac = '52:54:00:00:00:01';
const signal = new AbortController().signal;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function rackWith(options: TestRackOptions = {}): Promise<TestRack> {
  const rack = await startRack({}, options);
  closing.push(() => rack.stop());
  return rack;
}

async function paced(): Promise<PacedOrigin> {
  const origin = await startPacedOrigin(content);
  closing.push(() => origin.close());
  return origin;
}

function disk(rack: TestRack, origin: Origin, more = {}): void {
  const source = { http: { url: origin.url } };
  rack.known.set(digest, { source, sizeBytes: content.length, checkedByReader: true, ...more });
}

/** The key of a session that the agent of a machine has opened. */
async function sessionKey(rack: TestRack): Promise<string> {
  const boot = await rack.addImage(Buffer.from('kernel'));
  await rack.images.ensure(boot);
  rack.machines.ephemeral = { kernelDigest: boot, initrdDigest: boot, kernelArguments: [] };
  rack.machines.machines.set('m', aMachine('m', mac, expecting('Install')));
  rack.dhcp(mac, '127.0.0.1');
  const script = await call(`${rack.base}/boot/${mac.replaceAll(':', '-')}.ipxe`);
  const json = { token: tokenOf(script.text), macAddresses: [mac] };
  const opened = await call(`${rack.base}/agent/v1/sessions`, { json });
  return String(opened.json.sessionKey);
}

function agentFetch(rack: TestRack, key: string, breaks: string[] = []): AsyncGenerator<Uint8Array> {
  const deps: FetchDeps = {
    open: openDownload,
    timing: systemTiming,
    onBreak: (message) => breaks.push(message),
  };
  const url = `${rack.base}/images/${digest}`;
  return fetchImage({ url, sessionKey: key, sizeBytes: content.length, signal }, deps);
}

async function hashed(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

async function take(chunks: AsyncIterator<Uint8Array>, bytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < bytes; ) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(next.value);
    length += next.value.length;
  }
  return Buffer.concat(parts);
}

describe('an image that is still being fetched', () => {
  it('reaches agents before the rack has all of it, and is fetched once for early and late ones', async () => {
    const origin = await paced();
    const rack = await rackWith();
    disk(rack, origin);
    const key = await sessionKey(rack);
    origin.allow(3 * mib);
    const early = agentFetch(rack, key);
    const first = await take(early, 2 * mib);
    expect(first.equals(content.subarray(0, first.length))).toBe(true);
    expect(rack.images.has(digest)).toBe(false);
    const late = [agentFetch(rack, key), agentFetch(rack, key)];
    const begun = await Promise.all(late.map((chunks) => take(chunks, mib)));
    origin.allow(content.length);
    const digests = await Promise.all(
      late.map(async (chunks, index) => {
        const hash = createHash('sha256').update(begun[index]!);
        for await (const chunk of chunks) hash.update(chunk);
        return hash.digest('hex');
      }),
    );
    const rest = createHash('sha256').update(first);
    for await (const chunk of early) rest.update(chunk);
    expect([rest.digest('hex'), ...digests]).toEqual([digest, digest, digest]);
    expect(origin.requests).toHaveLength(1);
  });

  it.each([
    ['without a session', { checkedByReader: true }, undefined],
    ['for what firmware boots', { checkedByReader: false }, 'session'],
  ])('stays with the rack %s', async (_, more, session) => {
    const origin = await paced();
    const rack = await rackWith();
    disk(rack, origin, more);
    const key = session === undefined ? undefined : await sessionKey(rack);
    origin.allow(3 * mib);
    let answered = false;
    const asked = call(`${rack.base}/images/${digest}`, {
      headers: { range: 'bytes=0-9' },
      ...(key === undefined ? {} : { key }),
    }).finally(() => {
      answered = true;
    });
    await expect.poll(() => rack.images.progress(digest)?.bytes).toBeGreaterThan(2 * mib);
    expect(answered).toBe(false);
    origin.allow(content.length);
    expect((await asked).status).toBe(206);
    expect(rack.images.has(digest)).toBe(true);
  });

  it('never comes to its end when it turns out to be another one', async () => {
    const other = randomBytes(content.length);
    const origin = await startOrigin((_, response) => response.end(other));
    closing.push(() => origin.close());
    const rack = await rackWith();
    disk(rack, origin);
    const key = await sessionKey(rack);
    const download = await openDownload(
      { url: `${rack.base}/images/${digest}`, sessionKey: key, signal, silenceMs: 10_000 },
      0,
    );
    let received = 0;
    const reading = (async () => {
      for await (const chunk of download.body) received += chunk.length;
    })();
    await expect(reading).rejects.toThrow();
    expect(received).toBeLessThan(content.length);
    expect(rack.images.has(digest)).toBe(false);
  });

  it('goes on where the connection to its origin broke', async () => {
    let cuts = 0;
    const origin = await startOrigin((request, response) => {
      const start = Number(/(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': content.length - start,
        'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      });
      const end = cuts++ < 3 ? start + 2 * mib : content.length;
      response.write(content.subarray(start, end), () => {
        if (end < content.length) response.destroy();
        else response.end();
      });
    });
    closing.push(() => origin.close());
    const rack = await rackWith({ images: { retryAfterMs: [10] } });
    disk(rack, origin);
    await rack.images.ensure(digest);
    expect(origin.requests).toHaveLength(4);
    expect(origin.requests.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range))).toBe(true);
  });
});

describe("the agent's own client", () => {
  it('goes on after its connection was cut, and after a restart of the rack', async () => {
    const origin = await startOrigin((_, response) => response.end(content));
    closing.push(() => origin.close());
    const rack = await rackWith();
    disk(rack, origin);
    const key = await sessionKey(rack);
    await rack.images.ensure(digest);
    const breaks: string[] = [];
    const chunks = agentFetch(rack, key, breaks);
    const first = await take(chunks, 1);
    const port = rack.port;
    await rack.restart(port);
    const hash = createHash('sha256').update(first);
    for await (const chunk of chunks) hash.update(chunk);
    expect(hash.digest('hex')).toBe(digest);
    expect(breaks.length).toBeGreaterThan(0);
    expect(await hashed(agentFetch(rack, key))).toBe(digest);
  });
});
