import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '../../../src/log/logger.ts';
import type { PowerTarget } from '../../../src/rack/power/driver.ts';
import { createIpmiDriver } from '../../../src/rack/power/ipmi/driver.ts';
import { freePort, oneController, requireProgram, scratchDirectory, startPeer, untilReady } from './peers.ts';

/** OpenIPMI's ipmi_sim with a serial line, whose other end is the test. */
export interface SerialPeer {
  target: PowerTarget;
  user: { username: string; password: string };
  /** What the machine hears. */
  heard: Buffer[];
  /** Speaks as the machine. */
  say(data: string | Uint8Array): void;
  stop(): Promise<void>;
}

export async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Files of ipmi_sim for a BMC whose serial line is a TCP port. @returns its arguments, for that directory */
export function writeSerialFiles(
  directory: string,
  { user, port, serialPort }: { user: SerialPeer['user']; port: number; serialPort: number },
): string[] {
  const configuration = `name "sol"
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
  writeFileSync(join(directory, 'chassis.sh'), '#!/bin/sh\necho power:1\n');
  chmodSync(join(directory, 'chassis.sh'), 0o700);
  writeFileSync(join(directory, 'lan.conf'), configuration);
  writeFileSync(join(directory, 'sim.emu'), oneController);
  return ['-c', join(directory, 'lan.conf'), '-f', join(directory, 'sim.emu'), '-s', directory, '-n'];
}

export async function startSerialPeer(): Promise<SerialPeer> {
  const user = { username: 'operator', password: randomBytes(7).toString('hex') };
  const program = requireProgram('ipmi_sim', 'openipmi');
  const directory = scratchDirectory();
  const heard: Buffer[] = [];
  let line: Socket | undefined;
  const server = createServer((socket) => {
    line = socket;
    socket.on('data', (data) => heard.push(data));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const port = await freePort();
  const files = writeSerialFiles(directory, { user, port, serialPort: bound.port });
  const bmc = startPeer(program, files, directory);
  const target: PowerTarget = {
    ...{ address: `127.0.0.1:${port}`, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
  };
  const stop = async (): Promise<void> => {
    await bmc.stop();
    line?.destroy();
    server.close();
  };
  try {
    const { signal } = new AbortController();
    await untilReady(bmc, async () => {
      const driver = createIpmiDriver(target, { log: silentLogger });
      await driver.status(signal).finally(() => driver.close());
    });
    await until('the serial line is connected', () => line !== undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  return { target, user, heard, say: (data) => void line?.write(data), stop };
}
