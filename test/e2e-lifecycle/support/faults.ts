import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../../lab/lab.ts';
import { defineDomain } from '../../../lab/machines/libvirt.ts';
import { LIBVIRT_URI } from '../../../lab/machines/libvirt-daemons.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { readPidFile } from '../../../lab/process/daemon.ts';
import { poll } from '../../../lab/process/poll.ts';
import { run } from '../../../lab/process/run.ts';

/** What may be broken about the virtual machine, and mended again. All is well at first. */
export interface Faults {
  /** What its second disk answers with an I/O error. Holds from the next power-on. */
  disk(what: 'reads' | 'writes' | 'nothing'): void;
  /** Unplugs its only network card, or plugs it in. */
  cable(state: 'up' | 'down'): Promise<void>;
  /** `silent`: answers nothing. `lying`: accepts every command, and does none; says that the machine is off. */
  bmc(state: 'well' | 'silent' | 'lying'): Promise<void>;
}

/** The serial number of the disk that can be made to fail. */
export const sickDisk = 'SICK-DISK';

/**
 * Gives a machine a second disk that fails when it is told to, and the means to break the rest. The disk is QEMU's own
 * for tests of error paths (blkdebug); it reads what is to fail when the machine is switched on.
 */
export async function prepareFaults(lab: Lab, machine: LabMachine): Promise<Faults> {
  const folder = join(lab.instance.directory, 'machines');
  const rules = join(folder, `${machine.name}.faults`);
  const image = join(folder, `${machine.name}.sick.img`);
  writeFileSync(rules, '');
  writeFileSync(image, '');
  truncateSync(image, 64 * 1024 * 1024);
  const scratch = join(folder, `${machine.name}.xml`);
  await defineDomain(withSickDisk(readFileSync(scratch, 'utf8'), rules, image), scratch);
  const bmc = virtualBmc(lab, machine);

  return {
    disk(what) {
      const events = { reads: ['read_aio'], writes: ['write_aio'], nothing: [] }[what];
      const rule = (event: string) => `[inject-error]\nevent = "${event}"\nerrno = "5"\nonce = "off"\n`;
      writeFileSync(rules, events.map(rule).join('\n'));
    },
    async cable(state) {
      const flags = ['-c', LIBVIRT_URI, 'domif-setlink', machine.domain, machine.mac, state];
      await run('virsh', [...flags, '--config']);
    },
    async bmc(state) {
      bmc.signal('SIGCONT');
      await bmc.serve(state === 'lying');
      if (state === 'silent') bmc.signal('SIGSTOP');
    },
  };
}

function withSickDisk(xml: string, rules: string, image: string): string {
  const file = `file.driver=blkdebug,file.config=${rules},file.image.driver=file,file.image.filename=${image}`;
  const words = [
    ...['-blockdev', `driver=raw,node-name=sick,${file}`],
    ...['-device', `virtio-blk-pci,addr=0x10,drive=sick,serial=${sickDisk}`],
  ];
  const end = '</qemu:commandline>';
  if (!xml.includes(end)) throw new Error('the domain has no command line to add a disk to');
  return xml.replace(end, `${words.map((word) => `<qemu:arg value='${word}'/>`).join('')}${end}`);
}

/** The process of virtualbmc that plays this machine's BMC. */
function virtualBmc(lab: Lab, machine: LabMachine) {
  const folder = join(lab.instance.directory, 'bmc');
  const configPath = join(folder, 'ipmi', machine.domain, 'config');
  const honest = readFileSync(configPath, 'utf8');
  const liarPath = join(folder, 'liar.xml');
  writeFileSync(liarPath, liar(machine));
  let isLiar = false;

  const processes = (): number[] => {
    const daemon = readPidFile(folder, 'vbmcd');
    if (daemon === undefined) return [];
    return childrenOf(daemon.pid);
  };
  /** The daemon reads the file anew when it finds the process of a BMC gone. */
  const restartWith = async (config: string): Promise<void> => {
    const before = processes();
    writeFileSync(configPath, config);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const back = () => (processes().some((pid) => !before.includes(pid)) ? true : undefined);
    await poll(back, { what: 'virtualbmc to start a BMC', timeoutMs: 30_000 });
  };
  return {
    signal(name: 'SIGSTOP' | 'SIGCONT'): void {
      for (const pid of processes()) process.kill(pid, name);
    },
    async serve(lies: boolean): Promise<void> {
      if (lies === isLiar) return;
      await restartWith(
        lies ? honest.replace(/^libvirt_uri=.*$/m, `libvirt_uri=test://${liarPath}`) : honest,
      );
      isLiar = lies;
    },
  };
}

/** Living children: one that has ended stays a child until its parent asks. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [state, ppid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return state !== 'Z' && Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}

/**
 * A machine for libvirt's test driver, which forgets everything between two connections: virtualbmc makes one for each
 * command, so each succeeds, and the machine is always off.
 */
function liar(machine: LabMachine): string {
  return `<node>
<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
  <name>${machine.domain}</name>
  <uuid>${machine.uuid}</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64'>hvm</type><boot dev='network'/></os>
  <devices/>
  <test:runstate>5</test:runstate>
</domain>
</node>
`;
}
