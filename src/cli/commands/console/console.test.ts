import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { aMachine, aRack } from '../../../../test/fixtures/objects.ts';
import { machineKind } from '../../../api/machine/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import { silentLogger } from '../../../log/logger.ts';
import { createConsoles } from '../../../rack/console/consoles.ts';
import type { ConsoleListener } from '../../../rack/console/serial-console.ts';
import { createConsoleSockets } from '../../../rack/console/websocket.ts';
import { startTestServer } from '../../../server/testing/server.ts';
import type { Context, RawTerminal } from '../../command.ts';
import { main } from '../../main.ts';
import { commands } from '../table.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** The consoles of a rack as they are, over a line whose other end is the test. */
async function startRack(refusal?: Error) {
  const line = {
    listener: undefined as ConsoleListener | undefined,
    typed: '',
    breaks: 0,
    say: (words: string) => line.listener?.data(new TextEncoder().encode(words)),
  };
  const consoles = createConsoles({
    ...{ rackName: 'rack-a', clock: { now: () => Date.parse('2026-11-20T10:00:00Z') }, log: silentLogger },
    machine: () => aMachine({ metadata: { name: 'm1' } }),
    source: (_machine, kind) => ({
      kind: kind ?? 'Sol',
      readOnly: kind === 'BootLog',
      async open(_of, listener) {
        if (refusal !== undefined) throw refusal;
        line.listener = listener;
        return {
          write(data) {
            line.typed += Buffer.from(data).toString();
            return true;
          },
          sendBreak: () => void line.breaks++,
          close: async () => undefined,
        };
      },
    }),
  });
  const sockets = createConsoleSockets({
    consoles,
    review: {
      identify: async (token) => ({
        ...{ kind: 'Known', caller: { user: { username: token }, tokenHash: token } },
      }),
      mayDo: async () => 'Allowed',
    },
    log: silentLogger,
  });
  const server = createServer();
  server.on('upgrade', sockets.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    sockets.stop();
    await consoles.stop();
  };
  cleanups.push(async () => {
    await stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { line, adminUrl: `http://127.0.0.1:${bound.port}`, stop };
}

/** A server with a machine, and a rack for it. */
async function setting(options: { racks?: 'none'; refusal?: Error } = {}) {
  const rack = await startRack(options.refusal);
  const server = await startTestServer();
  for (const user of ['ann', 'ben', 'eve']) server.rules.tokens[user] = user;
  for (const user of ['ann', 'ben']) server.rules.rights[user] = ['create machines/console'];
  await server.memory.create(machineKind, aMachine({ metadata: { name: 'm1' } }));
  const metadata = { name: 'rack-a' };
  await server.memory.create(rackKind, aRack({ metadata }));
  if (options.racks !== 'none') {
    const { adminUrl } = rack;
    await server.memory.applyStatus(rackKind, { metadata, status: { adminUrl } }, { fieldManager: 'test' });
  }
  const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
  cleanups.push(() => server.stop());

  /** `mw` at a terminal of its own. */
  function mw(line: string, token = 'ann', canType = true) {
    const interrupt = new AbortController();
    const seen = {
      out: '',
      err: '',
      taken: 0,
      givenBack: 0,
      keys: undefined as Parameters<RawTerminal['take']>[0] | undefined,
      type: (text: string) => seen.keys?.typed(Buffer.from(text)),
      interrupt: () => interrupt.abort(),
    };
    const context = (): Context => ({
      terminal: {
        ...{ columns: undefined, colour: false },
        out: (text) => {
          seen.out += text;
        },
        err: (text) => {
          seen.err += text;
        },
      },
      raw: {
        canType,
        write: (bytes) => {
          seen.out += Buffer.from(bytes).toString();
        },
        take(keys) {
          seen.keys = keys;
          seen.taken++;
          return () => {
            seen.givenBack++;
          };
        },
      },
      version: '0.0.0',
      rest: { server: `http://127.0.0.1:${port}`, token },
      cluster: () => Promise.reject(new Error('there is none')),
      now: () => 0,
      signal: interrupt.signal,
      readFile: () => Promise.reject(new Error('ENOENT')),
    });
    return Object.assign(seen, { ended: main(line.split(' '), commands, context) });
  }
  return { rack, server, mw };
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 15_000, interval: 5 }).toBe(true);
}

describe('mw console', () => {
  it('passes keys and bytes on, sends a BREAK, and leaves by its escape', async () => {
    const { rack, mw } = await setting();
    const ann = mw('console m1');
    await until(() => ann.err.includes('the line is open'));
    expect(ann.err).toContain('Enter ~ . leaves');
    expect(ann.err).toContain('m1 by rack-a: Serial over LAN');
    expect(ann.err).toContain('you type');
    rack.line.say('m1 login: \u001b[1m');
    await until(() => ann.out === 'm1 login: \u001b[1m');
    ann.type('root\r\u0003\r~B');
    ann.type('~?');
    await until(() => rack.line.breaks === 1);
    expect(rack.line.typed).toBe('root\r\u0003\r');
    expect(ann.err).toContain('sends a BREAK');
    expect(ann.givenBack).toBe(0);
    ann.type('~.');
    expect(await ann.ended).toBe('ok');
    expect([ann.taken, ann.givenBack > 0]).toEqual([1, true]);
  });

  it('says who types, drops the keys of who does not, and takes over', async () => {
    const { rack, mw } = await setting();
    const ann = mw('console m1');
    await until(() => ann.err.includes('you type'));
    const ben = mw('console m1 --escape %', 'ben');
    await until(() => ben.err.includes('you look on; ann types, since 2026-11-20T10:00:00.000Z'));
    expect(ben.err).toContain('Enter % T takes over');
    await until(() => ben.err.includes('the line is open'));
    const before = ben.err.length;
    ben.type('reboot\r');
    expect(ben.err.slice(before)).toContain('you look on');
    ben.type('%T');
    await until(() => ben.err.includes('you type'));
    await until(() => ann.err.includes('you look on; ben types'));
    ben.type('uptime\r');
    await until(() => rack.line.typed !== '');
    expect(rack.line.typed).toBe('uptime\r');
    ben.type('%.');
    ann.keys?.ended();
    expect(await Promise.all([ann.ended, ben.ended])).toEqual(['ok', 'ok']);
  });

  it('writes what a machine says into a pipe, and leaves the seat to others', async () => {
    const { rack, mw } = await setting();
    const log = mw('console m1 --watch', 'ann', false);
    await until(() => log.err.includes('the line is open'));
    expect(log.err).toContain('[mw] you look on, and nobody types\n');
    rack.line.say('Linux version 6');
    await until(() => log.out === 'Linux version 6');
    log.interrupt();
    expect(await log.ended).toBe('interrupted');
    expect(log.taken).toBe(0);
  });

  it('shows the account of the boot, and says that nothing can be typed', async () => {
    const { rack, mw } = await setting();
    const ann = mw('console m1 --boot-log');
    await until(() => ann.err.includes('the line is open'));
    expect(ann.err).toContain('the account of its boot, which can only be read');
    ann.type('x');
    expect(ann.err).toContain('nothing can be typed here');
    rack.line.say('booting');
    await until(() => ann.out === 'booting');
    ann.type('\r~.');
    expect(await ann.ended).toBe('ok');
    expect(rack.line.typed).toBe('');
  });

  it('says why there is no line, and stays for another attempt', async () => {
    const { mw } = await setting({ refusal: new Error('SOL is switched off') });
    const ann = mw('console m1');
    await until(() => /the line .*SOL is switched off/.test(ann.err));
    ann.interrupt();
    expect(await ann.ended).toBe('interrupted');
    expect(ann.givenBack).toBeGreaterThan(0);
  });

  it.each([
    ['the rack', 'the rack or the server has ended'],
    ['the server', 'the rack or the server has ended'],
  ])('gives the terminal back when %s ends, and says so', async (who, words) => {
    const { rack, server, mw } = await setting();
    const ann = mw('console m1');
    await until(() => ann.err.includes('the line is open'));
    await (who === 'the rack' ? rack.stop() : server.stop());
    expect(await ann.ended).toBe('failed');
    expect(ann.givenBack).toBeGreaterThan(0);
    expect(ann.err).toContain(words);
  });

  it.each([
    ['a machine that there is not', 'console m9', 'ann', 'notFound', 'there is no Machine m9'],
    ['somebody who may not', 'console m1', 'eve', 'refused', 'docs/guides/console.md'],
    ['a token that nobody knows', 'console m1', 'mallory', 'failed', 'a new one is made by'],
    ['an escape of two characters', 'console m1 --escape ~~', 'ann', 'usage', 'one character'],
    ['an escape that is taken', 'console m1 --escape T', 'ann', 'usage', 'none of'],
  ])('leaves the terminal alone for %s', async (_, line, token, exit, words) => {
    const { mw } = await setting();
    const seen = mw(line, token);
    expect(await seen.ended).toBe(exit);
    expect(seen.err).toContain(words);
    expect(seen.taken).toBe(0);
  });

  it('says where consoles come from when no rack has one', async () => {
    const { mw } = await setting({ racks: 'none' });
    const seen = mw('console m1');
    expect(await seen.ended).toBe('failed');
    expect(seen.err).toContain('METALWRIGHT_ADMIN_ADDRESS');
    expect(seen.err).toContain('racks offer consoles where');
  });

  it('needs a terminal to type', async () => {
    const { mw } = await setting();
    const seen = mw('console m1', 'ann', false);
    expect(await seen.ended).toBe('usage');
    expect(seen.err).toContain('--watch');
  });
});
