import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCredentials } from './bmc/credentials.ts';
import { startSushy } from './bmc/sushy.ts';
import { startVirtualBmc } from './bmc/virtualbmc.ts';
import type { LabEnvironment } from './environment.ts';
import { type LabInstance, labInstanceNames } from './instance.ts';
import { kvmWorks } from './machines/kvm.ts';
import { listDomains, removeDomain } from './machines/libvirt.ts';
import { ensureLibvirt, stopOwnLibvirt } from './machines/libvirt-daemons.ts';
import { ensureBridge, removeBridge } from './net/bridge.ts';
import { stopDaemon } from './process/daemon.ts';
import type { LabState } from './state.ts';
import { startSwitch, stopSwitch } from './switch/start.ts';

/** How to start the hardware of a laboratory. */
export interface HardwareOptions {
  /** A kernel to find out with whether KVM works. Without one, machines are emulated. */
  kernel?: string;
  lifetime: 'parent' | 'detached';
  log?: (message: string) => void;
}

/** Starts what stands for hardware: the bridge, a switch's word on it, libvirt, and the services that play BMCs. */
export async function startHardware(
  instance: LabInstance,
  environment: LabEnvironment,
  options: HardwareOptions,
): Promise<Omit<LabState, 'kubeconfigPath'>> {
  const { kernel, lifetime, log = () => undefined } = options;
  await ensureBridge(instance);
  log(`bridge ${instance.bridge} with ${instance.rackAddress}/${instance.prefixLength}`);
  const accelerator = kernel !== undefined && (await kvmWorks(kernel, environment)) ? 'kvm' : 'qemu';
  await ensureLibvirt(environment);
  log(
    `libvirt answers; machines run ${accelerator === 'kvm' ? 'on KVM' : 'emulated, for KVM does not work here'}`,
  );
  const credentials = makeCredentials();
  startSwitch(instance, lifetime);
  startVirtualBmc(instance, environment, lifetime);
  const redfish = await startSushy(instance, environment, credentials, lifetime);
  return { bmcAddress: instance.bmcAddress, credentials, redfish, accelerator };
}

/**
 * Removes the instance's machines and bridge, and stops its services; libvirt too, if no laboratory uses it any more. The
 * bridge stays where it is somebody else's to remove.
 */
export async function stopHardware(
  instance: LabInstance,
  environment: LabEnvironment,
  { keepBridge = false } = {},
): Promise<void> {
  const prefix = `metalwright-${instance.name}-`;
  const domains = existsSync(instance.directory) ? await listDomains(prefix).catch(() => []) : [];
  await Promise.all(domains.map(removeDomain));
  const bmc = join(instance.directory, 'bmc');
  await Promise.all(['vbmcd', 'sushy-emulator'].map((daemon) => stopDaemon(bmc, daemon)));
  await stopSwitch(instance);
  if (!keepBridge) await removeBridge(instance);
  if (otherInstances(instance).length === 0) await stopOwnLibvirt(environment);
}

/** Names of the other instances of this checkout that are up, or about to be. */
function otherInstances(instance: LabInstance): string[] {
  const folder = dirname(instance.directory);
  return labInstanceNames.filter((name) => name !== instance.name && existsSync(join(folder, name)));
}
