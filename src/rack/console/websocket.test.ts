import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ConsoleNews, onBehalfHeader } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { CallerReview } from '../../kube/endpoint/caller-review.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { powerError } from '../power/errors.ts';
import { createConsoles } from './consoles.ts';
import { consoleError } from './errors.ts';
import type { ConsoleListener, ConsoleSource } from './serial-console.ts';
import { createConsoleSockets } from './websocket.ts';

const machine: Machine = {
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', metadata: { name: 'm1' } },
  spec: {
    ...{ macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: true },
    ...{ zone: 'default', pool: 'default', tags: [], locked: false, maintenance: false },
  },
};

/** A line whose other end is the test. */
function fakeLine(readOnly = false) {
  const line = {
    listener: undefined as ConsoleListener | undefined,
    typed: '',
    breaks: 0,
    opened: [] as boolean[],
    closed: 0,
    full: false,
    refusal: undefined as Error | undefined,
    say: (words: string) => line.listener?.data(new TextEncoder().encode(words)),
  };
  const source: ConsoleSource = {
    kind: readOnly ? 'BootLog' : 'Sol',
    readOnly,
    async open(_machine, listener, { takeOver }) {
      line.opened.push(takeOver);
      if (line.refusal !== undefined && !takeOver) throw line.refusal;
      line.listener = listener;
      return {
        write(data) {
          line.typed += Buffer.from(data).toString();
          return !line.full;
        },
        sendBreak: () => void line.breaks++,
        async close() {
          line.closed++;
        },
      };
    },
  };
  return { line, source };
}

const rights: Record<string, readonly string[]> = {
  alice: ['create machines/console m1'],
  bob: ['create machines/console m1'],
  server: ['create machines/console m1', 'impersonate users/ carol'],
};
const review: CallerReview = {
  async identify(token) {
    if (token === 'lost') return { kind: 'Unknown' };
    if (rights[token] === undefined && token !== 'mallory') return { kind: 'Unauthenticated' };
    return { kind: 'Known', caller: { user: { username: token }, tokenHash: token } };
  },
  async mayDo({ user }, { verb, resource, subresource = '', name = '' }) {
    const asked = `${verb} ${resource}/${subresource} ${name}`;
    return (rights[user.username] ?? []).includes(asked) ? 'Allowed' : 'Forbidden';
  },
};

const running: { server: Server; stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { server, stop } of running.splice(0)) {
    await stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function setting(options: { readOnly?: boolean } = {}) {
  const { line, source } = fakeLine(options.readOnly);
  const timers = createManualTimers();
  const consoles = createConsoles({
    ...{ rackName: 'rack-a', clock: { now: () => Date.parse('2026-01-01T00:00:00Z') }, log: silentLogger },
    ...{ timers, retryMs: [1_000], limits: { lingerMs: 60_000, viewersOfOne: 3 } },
    machine: (name) => (name === 'm1' ? machine : undefined),
    source: (_machine, kind) => (kind === undefined || kind === source.kind ? source : undefined),
  });
  const sockets = createConsoleSockets({ consoles, review, log: silentLogger });
  const server = createServer();
  server.on('upgrade', sockets.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const { port } = bound;
  const stop = async (): Promise<void> => {
    sockets.stop();
    await consoles.stop();
  };
  running.push({ server, stop });

  function connect(token: string, path = '/console/m1', headers: Record<string, string> = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    const viewer = { socket, said: '', news: [] as ConsoleNews[], code: 0, status: 0 };
    socket.on('message', (data, isBinary) => {
      if (isBinary) viewer.said += data.toString();
      else viewer.news.push(ConsoleNews.parse(JSON.parse(data.toString())));
    });
    socket.on('close', (code) => {
      viewer.code = code;
    });
    socket.on('unexpected-response', (_request, response) => {
      viewer.status = response.statusCode ?? 0;
      response.resume();
      socket.terminate();
    });
    socket.on('error', () => undefined);
    return viewer;
  }
  return { line, timers, connect, stop };
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 5 }).toBe(true);
}

const last = <T extends ConsoleNews['type']>(news: readonly ConsoleNews[], type: T) =>
  news.findLast((one): one is Extract<ConsoleNews, { type: T }> => one.type === type);

describe('a console on the admin endpoint', () => {
  it.each([
    ['without a token that is known', 'stranger', '/console/m1', {}, 401],
    ['without the right', 'mallory', '/console/m1', {}, 403],
    ['for another machine', 'alice', '/console/m2', {}, 403],
    ['while the API server cannot be asked', 'lost', '/console/m1', {}, 503],
    [
      'on behalf of somebody whom they may not speak for',
      'alice',
      '/console/m1',
      { [onBehalfHeader]: 'bob' },
      403,
    ],
    ['on behalf of nobody', 'server', '/console/m1', { [onBehalfHeader]: '%' }, 400],
    ['of a kind that there is not', 'alice', '/console/m1?kind=Teletype', {}, 400],
    ['anywhere else', 'alice', '/leases', {}, 404],
  ])('is refused to a caller %s', async (_sentence, token, path, headers, status) => {
    const { connect, line } = await setting();
    const viewer = connect(token, path, headers);
    await until(() => viewer.status !== 0);
    expect([viewer.status, line.opened]).toEqual([status, []]);
  });

  it('carries bytes both ways and shows a late viewer what came before', async () => {
    const { connect, line } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    expect(alice.news[0]).toEqual({ type: 'Hello', machine: 'm1', rack: 'rack-a', kind: 'Sol' });
    line.say('login: ');
    alice.socket.send(Buffer.from('root\r'));
    alice.socket.send(JSON.stringify({ type: 'Break' }));
    await until(() => line.breaks === 1);
    const late = connect('bob', '/console/m1?watch=true');
    await until(() => late.said === 'login: ' && alice.said === 'login: ');
    expect(line.typed).toBe('root\r');
  });

  it('listens to one viewer; another takes over, and both are told', async () => {
    const { connect, line } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Seat')?.mode === 'Interactive');
    const carol = connect('server', '/console/m1', { [onBehalfHeader]: 'carol' });
    await until(() => carol.news.length > 0);
    const since = '2026-01-01T00:00:00.000Z';
    await until(() => last(carol.news, 'Seat') !== undefined);
    expect(last(carol.news, 'Seat')).toEqual({
      type: 'Seat',
      mode: 'Watch',
      holder: { user: 'alice', since },
    });
    carol.socket.send(Buffer.from('lost'));
    carol.socket.send(JSON.stringify({ type: 'TakeOver' }));
    carol.socket.send(Buffer.from('heard'));
    await until(() => line.typed === 'heard');
    await until(() => last(alice.news, 'Seat')?.mode === 'Watch');
    expect(last(alice.news, 'Seat')).toMatchObject({ holder: { user: 'carol', since } });
    expect(line.opened).toEqual([false]);
  });

  it('opens the line again when it is cut, and as its own', async () => {
    const { connect, line, timers } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    line.listener?.ended(powerError('BmcUnreachable', 'gone', { retryable: true }));
    await until(() => last(alice.news, 'Line')?.state === 'Lost');
    await timers.advance(1_000);
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    expect(line.opened).toEqual([false, true]);
  });

  it('says when another session has the line, and ends that only when it is asked to', async () => {
    const { connect, line, timers } = await setting();
    line.refusal = consoleError('ConsoleInUse', 'a test', { retryable: true });
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'InUse');
    await timers.advance(60_000);
    expect(line.opened).toEqual([false]);
    alice.socket.send(JSON.stringify({ type: 'TakeOver' }));
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    expect(line.opened).toEqual([false, true]);
  });

  it('does not try again what cannot work, until somebody comes anew', async () => {
    const { connect, line, timers } = await setting();
    line.refusal = powerError('BmcAuthenticationFailed', 'a test');
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Failed');
    await timers.advance(60_000);
    expect(line.opened).toEqual([false]);
    line.refusal = undefined;
    connect('bob');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
  });

  it('keeps the line for a while after its last viewer, then gives it free', async () => {
    const { connect, line, timers } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    alice.socket.close();
    await until(() => alice.code !== 0);
    line.say('meanwhile\n');
    const bob = connect('bob');
    await until(() => bob.said === 'meanwhile\n');
    bob.socket.close();
    await until(() => bob.code !== 0);
    await until(() => timers.pending() > 0);
    await timers.advance(60_000);
    expect([line.opened, line.closed]).toEqual([[false], 1]);
  });

  it('makes who types wait while the machine takes nothing', async () => {
    const { connect, line } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    line.full = true;
    alice.socket.send(Buffer.from('a'));
    await until(() => line.typed === 'a');
    alice.socket.send(Buffer.from('b'));
    alice.socket.send(Buffer.from('c'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    line.full = false;
    line.listener?.drained();
    await until(() => line.typed === 'abc');
  });

  it('has room for so many viewers, and ends with the rack', async () => {
    const { connect, stop, line } = await setting();
    const viewers = [connect('alice'), connect('alice'), connect('bob')];
    await until(() => viewers.every(({ news }) => last(news, 'Line')?.state === 'Open'));
    const fourth = connect('bob');
    await until(() => fourth.code === 4429);
    await stop();
    await until(() => viewers.every(({ code }) => code === 1001));
    expect(line.closed).toBe(1);
  });

  it('without a serial line is for reading only', async () => {
    const { connect, line } = await setting({ readOnly: true });
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    alice.socket.send(JSON.stringify({ type: 'TakeOver' }));
    alice.socket.send(Buffer.from('x'));
    line.say('2026-01-01 00:00:00  Dhcp\r\n');
    await until(() => alice.said.includes('Dhcp'));
    expect(last(alice.news, 'Seat')).toEqual({ type: 'Seat', mode: 'Watch' });
    expect(line.typed).toBe('');
  });

  it('that sends what is no request is cut off', async () => {
    const { connect } = await setting();
    const alice = connect('alice');
    await until(() => last(alice.news, 'Line')?.state === 'Open');
    alice.socket.send('{"type":"Dance"}');
    await until(() => alice.code === 1008);
  });
});
