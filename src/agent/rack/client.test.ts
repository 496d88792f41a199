import { describe, expect, it } from 'vitest';
import { createFakeTiming } from '../testing/fake-timing.ts';
import { backoffMs } from './backoff.ts';
import { createRackClient } from './client.ts';
import type { HttpAnswer, HttpCall } from './http.ts';

/** A rack that gives these answers one after the other; an Error is a broken connection. */
function setup(...answers: (HttpAnswer | Error)[]) {
  const calls: HttpCall[] = [];
  const silences: string[] = [];
  const timing = createFakeTiming();
  const client = createRackClient({
    rack: 'http://10.0.0.1:7480',
    timing,
    nonce: () => 'n'.repeat(43),
    onSilence: (message) => silences.push(message),
    async send(call) {
      calls.push(call);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('the test has no more answers');
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { client, calls, timing, silences };
}

const signal = new AbortController().signal;
const session = { sessionKey: 'k', machine: 'm', generation: 3, pollSeconds: 1 };
const identity = { macAddresses: ['52:54:00:12:34:56'] };
const sha256 = 'a'.repeat(64);

describe('the agent at the rack', () => {
  it('swaps its token for a session', async () => {
    const { client, calls } = setup({ status: 201, body: session });
    expect(await client.openSession('token', identity, signal)).toEqual(session);
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: 'http://10.0.0.1:7480/agent/v1/sessions',
      body: { token: 'token', ...identity, nonce: 'n'.repeat(43) },
    });
  });

  it('asks for a lost answer with the nonce of the first attempt', async () => {
    const { client, calls } = setup(new Error('reset'), { status: 201, body: session });
    expect(await client.openSession('token', identity, signal)).toEqual(session);
    expect(calls[1]?.body).toEqual(calls[0]?.body);
  });

  it.each([403, 410])('does not ask again after %i', async (status) => {
    const { client, calls } = setup({ status, body: { title: 'No', detail: 'the token was used' } });
    expect(await client.openSession('t', identity, signal)).toEqual({
      refused: `the rack answered HTTP ${status}: the token was used`,
    });
    expect(calls).toHaveLength(1);
  });

  it('asks again when the rack is away, and says so once', async () => {
    const away = Array.from({ length: 9 }, () => new Error('connect ECONNREFUSED'));
    const { client, calls, silences } = setup(
      ...away,
      { status: 503, body: undefined },
      { status: 204, body: undefined },
    );
    expect(await client.nextTask('k', signal)).toBeUndefined();
    expect(calls).toHaveLength(11);
    expect(silences).toHaveLength(2);
    expect(silences[0]).toContain('ECONNREFUSED');
  });

  it('stops asking when it is told to', async () => {
    const stop = new AbortController();
    const { client } = setup(new Error('connect ECONNREFUSED'));
    stop.abort(new Error('over'));
    await expect(client.nextTask('k', stop.signal)).rejects.toThrow('over');
  });

  it.each([
    [{ id: '1', kind: 'Inventory' }],
    [{ id: '1', kind: 'Erase', mode: 'Full' }],
    [{ id: '1', kind: 'Reboot' }],
  ])('takes a task: %j', async (task) => {
    const { client } = setup({ status: 200, body: { ...task, more: 'from a newer rack' } });
    expect(await client.nextTask('k', signal)).toEqual(task);
  });

  it('takes an installation', async () => {
    const task = {
      id: '1',
      kind: 'Install',
      image: { path: `/images/${sha256}`, sha256, sizeBytes: 5, format: 'RawZstd' },
      rootDisk: { serial: 'S' },
      seed: { metaData: 'm', userData: 'u', vendorData: '' },
      osName: 'debian 12',
    };
    const { client } = setup({ status: 200, body: task });
    expect(await client.nextTask('k', signal)).toMatchObject(task);
  });

  it.each([
    ['of a kind that it does not know', { id: '1', kind: 'Dance' }],
    ['without an id', { kind: 'Inventory' }],
    ['to erase by a mode that it does not know', { id: '1', kind: 'Erase', mode: 'Maybe' }],
    [
      'to install an image without a digest',
      { id: '1', kind: 'Install', image: { path: '/x', sizeBytes: 1, format: 'Raw' } },
    ],
    [
      'from elsewhere',
      { id: '1', kind: 'Install', image: { path: 'http://else', sha256, sizeBytes: 1, format: 'Raw' } },
    ],
    ['that is no object', 'Inventory'],
  ])('refuses a task %s', async (_name, body) => {
    const { client } = setup({ status: 200, body });
    expect(await client.nextTask('k', signal)).toHaveProperty('refused');
  });

  it('puts the result where a second time does no harm', async () => {
    const { client, calls } = setup(new Error('reset'), { status: 204, body: undefined });
    await client.putResult('k', 'a/b', { outcome: 'Succeeded', message: 'ok' }, signal);
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array.from({ length: 2 }, () => 'PUT http://10.0.0.1:7480/agent/v1/tasks/a%2Fb/result'),
    );
  });
});

describe('the pauses between attempts', () => {
  it.each([
    [1, 0, 100],
    [1, 0.999, 200],
    [3, 0, 400],
    [50, 0.999, 7996],
  ])('after attempt %i with %f: %i ms', (attempt, random, expected) => {
    expect(backoffMs(attempt, random, { firstMs: 200, mostMs: 8000 })).toBe(expected);
  });
});
