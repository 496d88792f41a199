import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { SerialConsole } from '../../../src/rack/console/serial-console.ts';
import { openSol } from '../../../src/rack/console/sol/session.ts';
import type { PowerTarget } from '../../../src/rack/power/driver.ts';
import { createIpmiDriver } from '../../../src/rack/power/ipmi/driver.ts';
import {
  freePort,
  oneController,
  type Peer,
  requireProgram,
  scratchDirectory,
  startPeer,
  untilReady,
} from './peers.ts';

const user = { username: 'operator', password: randomBytes(7).toString('hex') };
const { signal } = new AbortController();

let bmc: Peer;
let target: PowerTarget;

/** The serial line's other end: what the machine hears, and where it speaks. */
const machine = {
  server: undefined as Server | undefined,
  socket: undefined as Socket | undefined,
  heard: 0,
};
const heard: Buffer[] = [];

function configuration(directory: string, port: number, serialPort: number): string {
  return `name "sol"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${join(directory, 'chassis.sh')} 0x20"
  sol "tcp:127.0.0.1:${serialPort}" 115200
  user 2 true "${user.username}" "${user.password}" admin 10 none md2 md5 straight
`;
}

async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Viewer {
  console: SerialConsole;
  said: Buffer[];
  ended: Error[];
  room: () => Promise<void>;
}

const open: SerialConsole[] = [];

async function view(takeOver = false): Promise<Viewer> {
  const said: Buffer[] = [];
  const ended: Error[] = [];
  let drained = Promise.withResolvers<void>();
  const console = await openSol(
    target,
    {
      data: (data) => said.push(Buffer.from(data)),
      drained: () => drained.resolve(),
      ended: (why) => ended.push(why),
    },
    { takeOver },
    signal,
    { log: silentLogger, keepAliveMs: 500 },
  );
  open.push(console);
  const room = async (): Promise<void> => {
    await drained.promise;
    drained = Promise.withResolvers<void>();
  };
  return { console, said, ended, room };
}

beforeAll(async () => {
  const program = requireProgram('ipmi_sim', 'openipmi');
  const directory = scratchDirectory();
  const server = createServer((socket) => {
    machine.socket = socket;
    socket.on('data', (data) => heard.push(data));
    socket.on('error', () => undefined);
  });
  machine.server = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const port = await freePort();
  writeFileSync(join(directory, 'chassis.sh'), '#!/bin/sh\necho power:1\n');
  chmodSync(join(directory, 'chassis.sh'), 0o700);
  writeFileSync(join(directory, 'lan.conf'), configuration(directory, port, bound.port));
  writeFileSync(join(directory, 'sim.emu'), oneController);
  const files = ['-c', 'lan.conf', '-f', 'sim.emu', '-s', '.', '-n'];
  bmc = startPeer(program, files, directory);
  target = { address: `127.0.0.1:${port}`, ...user, bootMode: 'UEFI', parameters: {}, secret: {} };
  await untilReady(bmc, async () => {
    const driver = createIpmiDriver(target, { log: silentLogger });
    await driver.status(signal).finally(() => driver.close());
  });
  await until('the serial line is connected', () => machine.socket !== undefined);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((console) => console.close()));
  heard.length = 0;
});

afterAll(async () => {
  await bmc?.stop();
  machine.socket?.destroy();
  machine.server?.close();
});

describe('serial over LAN of ipmi_sim', () => {
  it('carries 100 KiB each way at once, every byte once and in order', async () => {
    const viewer = await view();
    const down = randomBytes(100 * 1024);
    const up = randomBytes(100 * 1024);
    machine.socket?.write(down);
    for (let at = 0; at < up.length; at += 8_192) {
      if (!viewer.console.write(up.subarray(at, at + 8_192))) await viewer.room();
    }
    await until('all is heard', () => Buffer.concat(heard).length >= up.length);
    await until('all is said', () => Buffer.concat(viewer.said).length >= down.length);
    expect(Buffer.concat(heard).equals(up)).toBe(true);
    expect(Buffer.concat(viewer.said).equals(down)).toBe(true);
  });

  it('leaves power commands alone, and stays while nobody types', async () => {
    const viewer = await view();
    const driver = createIpmiDriver(target, { log: silentLogger });
    for (let round = 0; round < 3; round++) {
      expect(await driver.status(signal)).toBe('On');
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    await driver.close();
    viewer.console.sendBreak?.();
    viewer.console.write(Buffer.from('h'));
    await until('the key arrives', () => Buffer.concat(heard).includes('h'));
    expect(viewer.ended).toEqual([]);
  });

  it('is one session at a time: another is told so, or takes it over and the first is told', async () => {
    const first = await view();
    await expect(view()).rejects.toMatchObject({ code: 'ConsoleInUse' });
    const second = await view(true);
    await until('the first is told', () => first.ended.length > 0);
    expect(first.ended[0]).toMatchObject({ code: 'ConsoleEnded' });
    second.console.write(Buffer.from('mine'));
    await until('the second is heard', () => Buffer.concat(heard).includes('mine'));
  });

  it('gives the line free when it is closed', async () => {
    for (let round = 0; round < 6; round++) {
      const viewer = await view();
      machine.socket?.write(`round ${round}\n`);
      await until('the line speaks', () => Buffer.concat(viewer.said).includes(`round ${round}`));
      await viewer.console.close();
    }
  });
});
