import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { SerialConsole } from '../../../src/rack/console/serial-console.ts';
import { openSol } from '../../../src/rack/console/sol/session.ts';
import { createIpmiDriver } from '../../../src/rack/power/ipmi/driver.ts';
import { type SerialPeer, startSerialPeer, until } from './serial-peer.ts';

const { signal } = new AbortController();

let machine: SerialPeer;

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
    machine.target,
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
  machine = await startSerialPeer();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((console) => console.close()));
  machine.heard.length = 0;
});

afterAll(() => machine?.stop());

describe('serial over LAN of ipmi_sim', () => {
  it('carries 100 KiB each way at once, every byte once and in order', async () => {
    const viewer = await view();
    const down = randomBytes(100 * 1024);
    const up = randomBytes(100 * 1024);
    machine.say(down);
    for (let at = 0; at < up.length; at += 8_192) {
      if (!viewer.console.write(up.subarray(at, at + 8_192))) await viewer.room();
    }
    await until('all is heard', () => Buffer.concat(machine.heard).length >= up.length);
    await until('all is said', () => Buffer.concat(viewer.said).length >= down.length);
    expect(Buffer.concat(machine.heard).equals(up)).toBe(true);
    expect(Buffer.concat(viewer.said).equals(down)).toBe(true);
  });

  it('leaves power commands alone, and stays while nobody types', async () => {
    const viewer = await view();
    const driver = createIpmiDriver(machine.target, { log: silentLogger });
    for (let round = 0; round < 3; round++) {
      expect(await driver.status(signal)).toBe('On');
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    await driver.close();
    viewer.console.sendBreak?.();
    viewer.console.write(Buffer.from('h'));
    await until('the key arrives', () => Buffer.concat(machine.heard).includes('h'));
    expect(viewer.ended).toEqual([]);
  });

  it('is one session at a time: another is told so, or takes it over and the first is told', async () => {
    const first = await view();
    await expect(view()).rejects.toMatchObject({ code: 'ConsoleInUse' });
    const second = await view(true);
    await until('the first is told', () => first.ended.length > 0);
    expect(first.ended[0]).toMatchObject({ code: 'ConsoleEnded' });
    second.console.write(Buffer.from('mine'));
    await until('the second is heard', () => Buffer.concat(machine.heard).includes('mine'));
  });

  it('gives the line free when it is closed', async () => {
    for (let round = 0; round < 6; round++) {
      const viewer = await view();
      machine.say(`round ${round}\n`);
      await until('the line speaks', () => Buffer.concat(viewer.said).includes(`round ${round}`));
      await viewer.console.close();
    }
  });
});
