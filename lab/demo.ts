#!/usr/bin/env node
/** `./dev demo`: two machines from bare metal to Ready, and one of them to an SSH login, by `kubectl apply` alone. */
import { relative } from 'node:path';
import type { Machine } from '../src/api/machine/schema.ts';
import { apiVersion } from '../src/api/meta.ts';
import { messageOf } from '../src/errors/coded-error.ts';
import { waitForAllocation, waitForMachine } from './demo/observe.ts';
import { makeSshKey, type SshKey, ssh } from './demo/ssh.ts';
import { type Lab, labUp } from './lab.ts';
import { pressPowerOn } from './machines/libvirt.ts';
import type { LabMachine } from './machines/machine.ts';
import { createProgress } from './progress.ts';
import { bmcSecret, bmcSpec, machineResource } from './resources.ts';
import { sampleMachines } from './sample-machines.ts';

/** Far more than is needed: an emulated machine is slow where its computer is busy. */
const BOOT_TIMEOUT_MS = 15 * 60_000;
const DEPLOY_TIMEOUT_MS = 30 * 60_000;
/** The account that the sample OS makes for whoever holds the key. */
const USER = 'debian';
const FACTS = [
  'cat /etc/os-release',
  'uname -a',
  'lsblk',
  'ip -brief address',
  'uptime',
  'cloud-init status',
];

const progress = createProgress();
const title = (text: string) => console.log(`\n=== ${text}`);

async function demo(): Promise<void> {
  title('The laboratory');
  const lab = await labUp({ machines: sampleMachines, log: progress.log });

  title('A machine that nobody described is switched on, and one is declared by a manifest');
  const found = lab.machine('bios-1');
  const declared = lab.machine('uefi-1');
  await declare(lab, declared);
  progress.log(`pressing the power button of ${found.name} (${found.mac})`);
  await pressPowerOn(found);
  const [machineName] = await Promise.all([enlistAndApprove(lab, found), becomesReady(lab, declared)]);

  title('An Allocation asks for a machine with Debian 12');
  const key = await makeSshKey('metalwright-demo', lab.instance.directory);
  const address = await deploy(lab, key, machineName);

  title(`ssh ${USER}@${address}`);
  for (const fact of FACTS) console.log(`$ ${fact}\n${await ssh(key, USER, address, fact)}`);
  title(`Done after ${Math.round(progress.elapsed())} s. What to try next`);
  console.log(nextSteps(relative(process.cwd(), key.privatePath), address));
}

async function declare(lab: Lab, machine: LabMachine): Promise<void> {
  const bmc = lab.bmcOf(machine);
  await lab.kubectl.apply([bmcSecret(machine, bmc), machineResource(machine, bmc)]);
  progress.log(`applied Machine ${machine.name} with its BMC (${bmc.driver} at ${bmc.address})`);
}

async function enlistAndApprove(lab: Lab, machine: LabMachine): Promise<string> {
  const isNew = ({ status }: Machine) => status?.phase === 'New';
  const wait = { timeoutMs: BOOT_TIMEOUT_MS, log: progress.log };
  const { metadata } = await waitForMachine(lab.kubectl, machine, isNew, wait);
  const bmc = lab.bmcOf(machine);
  await lab.kubectl.apply([bmcSecret(machine, bmc)]);
  const patch = JSON.stringify({ spec: { approved: true, bmc: bmcSpec(machine, bmc) } });
  await lab.kubectl.run('patch', 'machine', metadata.name, '--type=merge', '--patch', patch);
  progress.log(`approved ${metadata.name} and told where its BMC is (${bmc.driver} at ${bmc.address})`);
  await becomesReady(lab, machine);
  return metadata.name;
}

async function becomesReady(lab: Lab, machine: LabMachine): Promise<void> {
  const isReady = ({ status }: Machine) => status?.phase === 'Ready';
  await waitForMachine(lab.kubectl, machine, isReady, { timeoutMs: BOOT_TIMEOUT_MS, log: progress.log });
}

async function deploy(lab: Lab, key: SshKey, machine: string): Promise<string> {
  const started = progress.elapsed();
  const spec = { image: 'debian-12', constraints: { machine }, sshKeys: [key.publicKey] };
  await lab.kubectl.apply([
    { apiVersion, kind: 'Allocation', metadata: { name: 'demo', namespace: 'default' }, spec },
  ]);
  const wait = { timeoutMs: DEPLOY_TIMEOUT_MS, log: progress.log };
  const allocation = await waitForAllocation(lab.kubectl, 'default', 'demo', wait);
  const address = allocation.status?.addresses?.[0];
  if (address === undefined) throw new Error('the Allocation is Ready without an address');
  progress.log(`from kubectl apply to Ready: ${Math.round(progress.elapsed() - started)} s`);
  return address;
}

function nextSteps(keyPath: string, address: string): string {
  return [
    '  export KUBECONFIG=$PWD/.lab/kubeconfig',
    `  ssh -i ${keyPath} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ${USER}@${address}`,
    '  kubectl get metal -A',
    '  kubectl get machine uefi-1 -o yaml; kubectl get machineinventory uefi-1 -o yaml',
    '  kubectl explain machine.spec.bmc',
    '  kubectl delete allocation demo               # the machine is wiped and goes back to the pool',
    '  kubectl get machines --watch',
    '  ./dev lab console uefi-1; ./dev lab logs operator',
    '  ./dev lab down                               # everything goes',
    '',
  ].join('\n');
}

try {
  await demo();
} catch (error) {
  console.error(`\n./dev demo: ${messageOf(error)}`);
  console.error(
    'The laboratory is still up: ./dev lab status, ./dev lab logs, ./dev lab console bios-1, ./dev lab down',
  );
  process.exit(1);
}
