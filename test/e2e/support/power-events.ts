import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LIBVIRT_URI } from '../../../lab/machines/libvirt-daemons.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';

/** What truly happened to a virtual machine's power, as the hypervisor tells it. */
export interface PowerEvent {
  /** Milliseconds since the epoch. */
  at: number;
  domain: string;
  kind: 'Started' | 'Stopped';
}

export interface PowerEvents {
  of(machine: LabMachine, kind: PowerEvent['kind']): PowerEvent[];
  stop(): void;
}

const line = /^(\S+ \S+): event 'lifecycle' for domain '([^']+)': (Started|Stopped) /;

/** Listens to libvirt from now on; resolves when it hears everything. */
export async function listenToPower(): Promise<PowerEvents> {
  const events: PowerEvent[] = [];
  const flags = ['-c', LIBVIRT_URI, 'event', '--event', 'lifecycle', '--loop', '--timestamp'];
  // Into a pipe, virsh would tell it all at its end.
  const child = spawn('stdbuf', ['-oL', 'virsh', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const [, stamp = '', domain = '', kind] = line.exec(text) ?? [];
    if (kind !== 'Started' && kind !== 'Stopped') return;
    events.push({ at: Date.parse(stamp.replace(' ', 'T').replace('+0000', 'Z')), domain, kind });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    of: (machine, kind) => events.filter((event) => event.domain === machine.domain && event.kind === kind),
    stop: () => child.kill(),
  };
}
