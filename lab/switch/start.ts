import { join } from 'node:path';
import type { LabInstance } from '../instance.ts';
import { startDaemon, stopDaemon } from '../process/daemon.ts';

/** The name by which machines know their switch. */
export const switchName = (instance: LabInstance): string => `switch-${instance.name}`;

/** Starts what says on the laboratory's bridge, by LLDP, that it is a switch: machines find out what they are wired to. */
export function startSwitch(instance: LabInstance, lifetime: 'parent' | 'detached'): void {
  startDaemon({
    name: 'switch',
    directory: instance.directory,
    command: process.execPath,
    args: [join(import.meta.dirname, 'announce.ts'), instance.bridge, switchName(instance)],
    lifetime,
  });
}

export async function stopSwitch(instance: LabInstance): Promise<void> {
  await stopDaemon(instance.directory, 'switch');
}
