#!/usr/bin/env node
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/*
 * Two racks on one bridge, killed again and again under load: `./dev test faults-dhcp [--kills 200] [--seed N] [--clients 600]`.
 * Everything runs in network namespaces of its own, which go with it.
 */

const run = promisify(execFile);
const hub = `mwf${process.pid}-hub`;
const racks = [1, 2].map((number) => `mwf${process.pid}-rack${number}`);
const ip = (...args: string[]) => run('ip', args);

async function makeNamespaces(): Promise<void> {
  for (const name of [hub, ...racks]) {
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  for (const [bridge, address] of [
    ['br0', '10.77.0.1/20'],
    ['br1', '172.31.255.1/24'],
  ] as const) {
    await ip('-n', hub, 'link', 'add', bridge, 'type', 'bridge');
    await ip('-n', hub, 'addr', 'add', address, 'dev', bridge);
    await ip('-n', hub, 'link', 'set', bridge, 'up');
  }
  // It leads nowhere: the API server does not start where there is none.
  await ip('-n', hub, 'route', 'add', 'default', 'via', '172.31.255.254', 'dev', 'br1');
  for (const [index, name] of racks.entries()) {
    await cable(name, 'eth0', 'br1', `172.31.255.${index + 2}/24`);
    await cable(name, 'eth1', 'br0', `10.77.0.${index + 2}/20`);
  }
  // The clients have all these addresses: the kernel answers ARP for them and takes what is sent there.
  for (const range of ['10.77.4.0/22', '10.77.8.0/21']) {
    await ip('-n', hub, 'route', 'add', 'local', range, 'dev', 'lo');
  }
}

async function cable(namespace: string, device: string, bridge: string, address: string): Promise<void> {
  const far = `${device}-${namespace.slice(-5)}`;
  await ip('link', 'add', far, 'netns', hub, 'type', 'veth', 'peer', 'name', device, 'netns', namespace);
  await ip('-n', hub, 'link', 'set', far, 'master', bridge);
  await ip('-n', hub, 'link', 'set', far, 'up');
  await ip('-n', namespace, 'addr', 'add', address, 'dev', device);
  await ip('-n', namespace, 'link', 'set', device, 'up');
}

async function removeNamespaces(): Promise<void> {
  for (const name of [...racks, hub]) {
    const { stdout } = await ip('netns', 'pids', name).catch(() => ({ stdout: '' }));
    for (const pid of stdout.split('\n').filter(Boolean)) await run('kill', ['-9', pid]).catch(() => {});
    await ip('netns', 'delete', name).catch(() => {});
  }
}

let code = 1;
try {
  await makeNamespaces();
  const inside = join(import.meta.dirname, 'dhcp/inside.ts');
  const args = [inside, ...process.argv.slice(2), `--namespaces=${racks.join(',')}`];
  const child = spawn('ip', ['netns', 'exec', hub, process.execPath, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  code = await new Promise<number>((resolve) => {
    child.on('exit', (status) => resolve(status ?? 1));
  });
} finally {
  await removeNamespaces();
}
console.log(code === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(code);
