import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterPlan } from '../../../lab/cluster/plan.ts';
import { makeDisk } from '../../../lab/machines/disk.ts';
import { run } from '../../../lab/process/run.ts';

/** A virtual machine on the cluster's provisioning network that knows nothing but to boot from it. */
export interface NetbootMachine {
  mac: string;
  /** Resolves when it is off. */
  off: Promise<void>;
  console(): Promise<string>;
  kill(): void;
}

/** Switches a machine of 1.5 GiB on, with a BIOS, an empty disk and one network card. */
export async function startNetbootMachine(directory: string): Promise<NetbootMachine> {
  const { bridge, machinePort: port } = clusterPlan.provisioning;
  const [mac, disk, console] = ['52:54:00:0c:00:02', join(directory, 'disk.raw'), join(directory, 'console')];
  makeDisk(disk, 4);
  await run('ip', ['tuntap', 'add', port, 'mode', 'tap']);
  await run('ip', ['link', 'set', port, 'master', bridge, 'up']);
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'qemu64', '-m', '1536'],
      ...['-display', 'none', '-monitor', 'none', '-serial', `file:${console}`],
      ...['-uuid', '0c000000-0000-4000-8000-000000000002'],
      ...['-netdev', `tap,id=net,ifname=${port},script=no,downscript=no`],
      ...['-device', `virtio-net-pci,netdev=net,mac=${mac},bootindex=1`],
      ...['-drive', `file=${disk},format=raw,if=none,id=disk,cache=unsafe,discard=unmap`],
      ...['-device', 'virtio-blk-pci,drive=disk,serial=CLUSTER0,bootindex=2'],
      ...['-device', 'virtio-rng-pci'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const off = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
  return { mac, off, console: () => readFile(console, 'utf8'), kill: () => child.kill() };
}
