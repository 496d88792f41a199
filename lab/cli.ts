#!/usr/bin/env node
/** `./dev lab up|status|console NAME|logs [PROGRAM]|down`: the laboratory for people. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { messageOf } from '../src/errors/coded-error.ts';
import { type Lab, labDown, labUp, openLab } from './lab.ts';
import { isPoweredOn } from './machines/libvirt.ts';
import { LIBVIRT_URI } from './machines/libvirt-daemons.ts';
import { readPidFile } from './process/daemon.ts';
import { labPrograms, SYSTEM_NAMESPACE } from './programs.ts';
import { createProgress } from './progress.ts';
import { ADMIN } from './resources.ts';
import { sampleMachines } from './sample-machines.ts';
import { signInLink } from './server-access.ts';
import { usageText } from './usage.ts';

const commands = { up, status, console: openConsole, logs, down } as const;

async function up(): Promise<void> {
  const existing = openLab();
  if (
    existing !== undefined &&
    readPidFile(join(existing.instance.directory, 'control-plane'), 'kube-apiserver')
  ) {
    console.log('The laboratory is up already; `./dev lab down` takes it down.\n');
    await status();
    return;
  }
  const progress = createProgress();
  const lab = await labUp({ machines: sampleMachines, programs: labPrograms, log: progress.log });
  progress.log('the laboratory is up');
  console.log(usageText(lab));
  console.log(
    `Open the web UI, signed in: once, and within ten minutes\n\n${await signInLink(lab.instance)}\n`,
  );
  const token = await lab.kubectl.run('create', 'token', ADMIN, '-n', SYSTEM_NAMESPACE, '--duration', '12h');
  console.log(`A token to sign in with later, good for twelve hours:\n\n${token.trim()}\n`);
}

async function status(): Promise<void> {
  const lab = requireLab();
  for (const program of labPrograms) {
    const running = readPidFile(lab.instance.directory, program);
    console.log(
      `${program.padEnd(10)} ${running === undefined ? 'not running' : `running, pid ${running.pid}`}`,
    );
  }
  for (const machine of lab.machines()) {
    const power = (await isPoweredOn(machine)) ? 'on' : 'off';
    console.log(
      `${machine.name.padEnd(10)} ${machine.firmware.toUpperCase()}, ${machine.mac}, BMC ${machine.bmc}, power ${power}`,
    );
  }
  const metal = await lab.kubectl.try('get', 'racks,machines,allocations,bootimages', '--all-namespaces');
  console.log(`\n${metal.stdout || metal.stderr}`);
}

async function openConsole(name?: string): Promise<void> {
  const lab = requireLab();
  if (name === undefined)
    throw new Error(
      `which machine? One of ${lab
        .machines()
        .map((machine) => machine.name)
        .join(', ')}`,
    );
  const machine = lab.machine(name);
  // Without a terminal, or with the power off, there is still everything that it has said.
  if (process.stdin.isTTY && (await isPoweredOn(machine))) {
    spawnSync('virsh', ['-c', LIBVIRT_URI, 'console', machine.domain, '--force'], { stdio: 'inherit' });
  } else {
    spawnSync('cat', [machine.consolePath], { stdio: 'inherit' });
  }
}

async function logs(program?: string): Promise<void> {
  const lab = requireLab();
  const names = program === undefined ? labPrograms : [program];
  const files = names.map((name) => join(lab.instance.directory, `${name}.log`));
  spawnSync('tail', ['-n', '100', ...(process.stdout.isTTY ? ['-F'] : []), ...files], { stdio: 'inherit' });
}

async function down(): Promise<void> {
  await labDown();
  console.log('The laboratory is down; its disks are gone.');
}

function requireLab(): Lab {
  const lab = openLab();
  if (lab === undefined) throw new Error('the laboratory is not up; `./dev lab up` brings it up');
  return lab;
}

const [name = 'help', argument] = process.argv.slice(2);
const command = Object.entries(commands).find(([known]) => known === name)?.[1];
if (command === undefined) {
  console.error('Usage: ./dev lab up | status | console MACHINE | logs [operator|rack|server] | down');
  process.exit(2);
}
try {
  await command(argument);
} catch (error) {
  console.error(`./dev lab ${name}: ${messageOf(error)}`);
  process.exit(1);
}
