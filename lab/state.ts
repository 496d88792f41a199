import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { BmcCredentials } from './bmc/credentials.ts';
import type { LabInstance } from './instance.ts';
import { LabMachine } from './machines/machine.ts';

const LabState = z.object({
  kubeconfigPath: z.string(),
  bmcAddress: z.string(),
  credentials: BmcCredentials,
  redfish: z.object({ url: z.string(), fingerprint: z.string() }),
  accelerator: z.enum(['kvm', 'qemu']),
});

/** What a running laboratory remembers of itself on the disk. */
export type LabState = z.infer<typeof LabState>;

const MachineRecord = z.object({ machine: LabMachine, ipmiPort: z.int() });
/** A virtual machine and the port that is kept for its IPMI BMC. */
export type MachineRecord = z.infer<typeof MachineRecord>;

/** Remembers the laboratory; readable by its owner alone, for it holds passwords. */
export function writeState(instance: LabInstance, state: LabState): void {
  writeFile(statePath(instance), state);
}

/** The laboratory's state, `undefined` when it is not up. */
export function readState(instance: LabInstance): LabState | undefined {
  try {
    return LabState.parse(JSON.parse(readFileSync(statePath(instance), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Remembers a machine. */
export function writeMachine(instance: LabInstance, record: MachineRecord): void {
  writeFile(join(machinesFolder(instance), `${record.machine.name}.json`), record);
}

/** All machines of the laboratory, by name. */
export function readMachines(instance: LabInstance): MachineRecord[] {
  try {
    return readdirSync(machinesFolder(instance))
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) =>
        MachineRecord.parse(JSON.parse(readFileSync(join(machinesFolder(instance), file), 'utf8'))),
      );
  } catch {
    return [];
  }
}

/** Where the machines' disks, logs and records lie. */
export function machinesFolder(instance: LabInstance): string {
  return join(instance.directory, 'machines');
}

function statePath(instance: LabInstance): string {
  return join(instance.directory, 'lab.json');
}

function writeFile(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content, null, 2), { mode: 0o600 });
}
