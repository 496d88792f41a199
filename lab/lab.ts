import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rackKind } from '../src/api/rack/schema.ts';
import { type BmcConnection, bmcConnection } from './bmc/connection.ts';
import { startControlPlane, stopControlPlane } from './control-plane/start.ts';
import { type LabEnvironment, readLabEnvironment } from './environment.ts';
import { labError } from './errors.ts';
import { startHardware, stopHardware } from './hardware.ts';
import { buildImages, type LabImages } from './images.ts';
import { type LabInstance, type LabInstanceName, labInstance } from './instance.ts';
import { type Kubectl, makeKubectl } from './kube/kubectl.ts';
import { defineMachine, removeMachine } from './machines/define.ts';
import type { LabMachine, MachineWish } from './machines/machine.ts';
import { readPidFile, tail } from './process/daemon.ts';
import { withLock } from './process/lock.ts';
import { poll } from './process/poll.ts';
import { type LabProgram, labPrograms, SYSTEM_NAMESPACE, startProgram, stopProgram } from './programs.ts';
import {
  accountResources,
  imageResources,
  namespaceResource,
  networkResources,
  SERVER,
} from './resources.ts';
import { giveServerAccess } from './server-access.ts';
import { type LabState, readMachines, readState, writeState } from './state.ts';

/** How to bring a laboratory up. */
export interface LabOptions {
  /** Default `lab`. */
  instance?: LabInstanceName;
  /** `parent`: the daemons end with this process. `detached` (default): they stay until `labDown`. */
  lifetime?: 'parent' | 'detached';
  /** Virtual machines to make, powered off. Default: none. */
  machines?: readonly MachineWish[];
  /** Which of Metalwright's programs run from the start. Default: those that machines need, operator and rack. */
  programs?: readonly LabProgram[];
  /** Is told what goes on. */
  log?: (message: string) => void;
}

/** A laboratory that is up. */
export interface Lab {
  instance: LabInstance;
  kubeconfigPath: string;
  kubectl: Kubectl;
  /** Makes a virtual machine with an empty disk, powered off; an older one of its name goes. */
  defineMachine(wish: MachineWish): Promise<LabMachine>;
  removeMachine(machine: LabMachine): Promise<void>;
  machines(): LabMachine[];
  /** Throws when the laboratory has no such machine. */
  machine(name: string): LabMachine;
  bmcOf(machine: LabMachine): BmcConnection;
  /** Starts one of Metalwright's programs, for tests that have stopped it. */
  startProgram(program: LabProgram): void;
  stopProgram(program: LabProgram): Promise<void>;
  down(): Promise<void>;
}

/**
 * Brings a laboratory up: control plane, resources, bridge, libvirt, BMCs, machines, operator and rack. What was left of
 * the instance before goes first, disks included.
 */
export async function labUp(options: LabOptions = {}): Promise<Lab> {
  const { lifetime = 'detached', log = () => undefined } = options;
  const environment = readLabEnvironment();
  const instance = labInstance(options.instance ?? 'lab', environment.repository);
  log('images: building them, or finding them in the cache');
  const images = await buildImages();
  return await withLock(lockPath(instance), `the laboratory ${instance.name}`, async () => {
    await takeDown(instance, environment);
    return await bringUp(instance, environment, images, { ...options, lifetime, log });
  });
}

async function bringUp(
  instance: LabInstance,
  environment: LabEnvironment,
  images: LabImages,
  options: LabOptions & Required<Pick<LabOptions, 'lifetime' | 'log'>>,
): Promise<Lab> {
  const { lifetime, log } = options;
  mkdirSync(instance.directory, { recursive: true, mode: 0o700 });
  const { apiPort, etcdPorts } = instance;
  const directory = join(instance.directory, 'control-plane');
  const [controlPlane, state] = await Promise.all([
    startControlPlane({ directory, apiPort, etcdPorts, lifetime, log }),
    startHardware(instance, environment, { kernel: images.ephemeral.kernel.path, lifetime, log }),
  ]);
  const { kubeconfigPath } = controlPlane;
  writeState(instance, { ...state, kubeconfigPath });
  const kubectl = makeKubectl(kubeconfigPath, environment);
  await applyResources(kubectl, instance, environment, images, log);
  const account = { name: SERVER, namespace: SYSTEM_NAMESPACE };
  await giveServerAccess(instance, kubectl, kubeconfigPath, account);
  const lab = attach(instance, environment, { ...state, kubeconfigPath }, lifetime);
  const programs = options.programs ?? (['operator', 'rack'] as const);
  for (const program of programs) {
    log(`starting the ${program}`);
    lab.startProgram(program);
  }
  for (const wish of options.machines ?? []) {
    log(`making machine ${wish.name}: ${wish.firmware.toUpperCase()}, ${wish.bmc.toUpperCase()}`);
    await lab.defineMachine(wish);
  }
  if (programs.includes('rack')) await waitForRack(lab, log);
  if (instance.name === 'lab') copyFileSync(kubeconfigPath, publicKubeconfig(environment));
  return lab;
}

async function waitForRack(lab: Lab, log: (message: string) => void): Promise<void> {
  const logPath = join(lab.instance.directory, 'rack.log');
  const probe = async () => {
    const racks = await lab.kubectl.list(rackKind.parse, 'racks.metalwright.dev');
    const conditions = racks.flatMap(({ status }) => status?.conditions ?? []);
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? true : undefined;
  };
  const check = () => {
    if (readPidFile(lab.instance.directory, 'rack') !== undefined) return;
    throw labError('DaemonDied', `the rack ended; the end of ${logPath}:\n${tail(logPath)}`);
  };
  await poll(probe, {
    what: `the rack to serve; see ${logPath}`,
    timeoutMs: 180_000,
    intervalMs: 500,
    check,
  });
  log('the rack serves');
}

/** A laboratory that was brought up before, `undefined` when it is not up. */
export function openLab(name: LabInstanceName = 'lab'): Lab | undefined {
  const environment = readLabEnvironment();
  const instance = labInstance(name, environment.repository);
  const state = readState(instance);
  return state === undefined ? undefined : attach(instance, environment, state, 'detached');
}

/** Takes a laboratory down, machines and their disks included. Does nothing when it is not up. */
export async function labDown(name: LabInstanceName = 'lab'): Promise<void> {
  const environment = readLabEnvironment();
  const instance = labInstance(name, environment.repository);
  await withLock(lockPath(instance), `the laboratory ${instance.name}`, () =>
    takeDown(instance, environment),
  );
}

async function takeDown(instance: LabInstance, environment: LabEnvironment): Promise<void> {
  for (const program of labPrograms) await stopProgram(program, instance);
  await Promise.all([
    stopControlPlane(join(instance.directory, 'control-plane')),
    stopHardware(instance, environment),
  ]);
  rmSync(instance.directory, { recursive: true, force: true });
  if (instance.name === 'lab') rmSync(publicKubeconfig(environment), { force: true });
}

function lockPath(instance: LabInstance): string {
  return `${instance.directory}.lock`;
}

/** `.lab/kubeconfig`, for the laboratory that people use. */
function publicKubeconfig(environment: LabEnvironment): string {
  return join(environment.repository, '.lab', 'kubeconfig');
}

async function applyResources(
  kubectl: Kubectl,
  instance: LabInstance,
  environment: LabEnvironment,
  images: LabImages,
  log: (message: string) => void,
): Promise<void> {
  const crds = join(environment.repository, 'crds');
  log('applying custom resource definitions, networks and images');
  await kubectl.run('apply', '--server-side', '-f', crds);
  await kubectl.run('wait', '--for=condition=Established', '--timeout=120s', '-f', crds);
  await kubectl.apply([
    namespaceResource(),
    ...accountResources(),
    ...networkResources(instance),
    ...imageResources(images),
  ]);
  const manifests = join(environment.repository, 'lab', 'manifests');
  if (existsSync(manifests) && readdirSync(manifests).some((file) => file.endsWith('.yaml'))) {
    await kubectl.run('apply', '--server-side', '-f', manifests);
  }
}

function attach(
  instance: LabInstance,
  environment: LabEnvironment,
  state: LabState,
  lifetime: 'parent' | 'detached',
): Lab {
  const record = (name: string) => {
    const found = readMachines(instance).find(({ machine }) => machine.name === name);
    if (found === undefined) throw labError('NotFound', `the laboratory has no machine ${name}`);
    return found;
  };
  return {
    instance,
    kubeconfigPath: state.kubeconfigPath,
    kubectl: makeKubectl(state.kubeconfigPath, environment),
    defineMachine: (wish) => defineMachine(instance, state, wish),
    removeMachine: (machine) => removeMachine(instance, machine),
    machines: () => readMachines(instance).map(({ machine }) => machine),
    machine: (name) => record(name).machine,
    bmcOf: (machine) => bmcConnection(state, record(machine.name)),
    startProgram: (program) => {
      startProgram(program, instance, environment, state.kubeconfigPath, lifetime);
    },
    stopProgram: (program) => stopProgram(program, instance),
    down: () => labDown(instance.name),
  };
}
