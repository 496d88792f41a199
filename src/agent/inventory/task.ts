import type { CommandLine } from '../command-line.ts';
import type { Files } from '../host/files.ts';
import { settleHardware } from '../host/machine.ts';
import type { RunProgram } from '../host/programs.ts';
import type { Timing } from '../time.ts';
import type { TaskContext } from '../work.ts';
import { collectInventory } from './collect.ts';
import type { LldpListener } from './lldp/listen.ts';
import { lldpWaitMs } from './lldp/wait.ts';
import type { Inventory } from './types.ts';

export interface InventoryDeps {
  commandLine: CommandLine;
  files: Files;
  run: RunProgram;
  timing: Timing;
  listen(interfaces: readonly string[]): LldpListener;
}

/** Finds out what the machine is made of, and, on real hardware, which switch ports it is wired to. */
export async function takeInventory(
  context: TaskContext,
  deps: InventoryDeps,
): Promise<{ message: string; inventory: Inventory }> {
  context.report('Hardware', 'looking at the hardware');
  await settleHardware(deps.run, context.signal);
  await raiseLinks(deps);
  const inventory = await collectInventory(deps.files);
  const waitMs = lldpWaitMs(inventory, deps.commandLine.lldpSeconds);
  if (waitMs === 0) return { message: describe(inventory), inventory };

  const ports = inventory.nics.map(({ name }) => name);
  context.report('Neighbours', `listening ${waitMs / 1000} s for the switches that this machine is wired to`);
  const listener = deps.listen(ports);
  try {
    const until = deps.timing.now() + waitMs;
    while (deps.timing.now() < until && !ports.every((name) => listener.neighbours().has(name)))
      await deps.timing.sleep(500, context.signal);
    // Once more: links that were negotiated meanwhile have their speed now.
    const complete = await collectInventory(deps.files, listener.neighbours());
    return { message: describe(complete), inventory: complete };
  } finally {
    listener.close();
  }
}

/** A port that is down shows no link, no speed and hears no neighbour. */
async function raiseLinks(deps: InventoryDeps): Promise<void> {
  for (const name of await deps.files.list('/sys/class/net')) {
    if ((await deps.files.resolve(`/sys/class/net/${name}/device`)) === undefined) continue;
    // Busybox's ip knows no "allmulticast".
    await deps.run('ifconfig', [name, 'allmulti', 'up']);
  }
}

function describe(inventory: Inventory): string {
  const { system, cpus, memory, disks, nics } = inventory;
  const name = [system.vendor, system.product].filter(Boolean).join(' ') || 'a machine';
  const cores = cpus.reduce((sum, cpu) => sum + cpu.cores, 0);
  return `${name}: ${cores} cores, ${memory.totalMiB} MiB of memory, ${disks.length} disks, ${nics.length} network cards`;
}
