import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import { tryRun } from '../process/run.ts';

/**
 * Whether virtual machines may use KVM. A device node proves nothing: under some hypervisors a guest hangs at once. So a
 * kernel is booted until it misses its root file system, for 10 s at most; the answer is kept for this kernel and CPU.
 */
export async function kvmWorks(kernel: string, environment: LabEnvironment): Promise<boolean> {
  if (!isWritable('/dev/kvm')) return false;
  const key = `${release()} ${cpus()[0]?.model ?? ''}`;
  const path = join(environment.cache, 'kvm-probe.json');
  const known = readKnown(path)[key];
  if (known !== undefined) return known;
  const works = await probe(kernel);
  mkdirSync(environment.cache, { recursive: true });
  writeFileSync(path, JSON.stringify({ ...readKnown(path), [key]: works }));
  return works;
}

async function probe(kernel: string): Promise<boolean> {
  const args = [
    ...['-accel', 'kvm', '-cpu', 'host', '-m', '512', '-nodefaults', '-display', 'none', '-serial', 'stdio'],
    ...['-no-reboot', '-kernel', kernel, '-append', 'console=ttyS0 panic=-1'],
  ];
  const result = await tryRun('qemu-system-x86_64', args, { timeoutMs: 10_000 });
  return result.stdout.includes('Kernel panic - not syncing');
}

function readKnown(path: string): Record<string, boolean | undefined> {
  if (!existsSync(path)) return {};
  const known: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof known !== 'object' || known === null) return {};
  return Object.fromEntries(Object.entries(known).map(([key, value]) => [key, value === true]));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
