import { spawn } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface VirtualMachineOptions {
  kernel: string;
  initrd: string;
  /** Added to the kernel command line. */
  arguments: string;
  /** Where the guest's `http://10.0.2.100:7480` leads. */
  rackPort: number;
  /** Disk files, attached by virtio. */
  disks: readonly string[];
  /** Of the loopback interface: leads to the guest's port 22. */
  sshPort?: number;
  /** Further arguments for QEMU. */
  more?: readonly string[];
  /** Folder for the console and the firmware's variables. */
  directory: string;
}

export interface VirtualMachine {
  /** Resolves when the machine is off. */
  off: Promise<void>;
  console(): Promise<string>;
  kill(): void;
}

export const rackUrl = 'http://10.0.2.100:7480';
export const mac = '52:54:00:4d:57:01';

const firmware = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const variables = '/usr/share/OVMF/OVMF_VARS_4M.fd';

/**
 * The clock of an emulated machine is not looked at too closely: where the computer is busy the kernel would take it for
 * broken. A kernel that gives up ends the machine, so that its console is shown.
 */
const kernelArguments = 'console=ttyS0 quiet cryptomgr.notests no_timer_check panic=1';

/** Starts a machine of 1 GiB with UEFI, emulated, whose network reaches the rack of the test alone. */
export async function startVirtualMachine(options: VirtualMachineOptions): Promise<VirtualMachine> {
  const console = `${options.directory}/console.log`;
  const nvram = `${options.directory}/nvram.fd`;
  await copyFile(variables, nvram);
  const relay = fileURLToPath(new URL('relay.ts', import.meta.url));
  const forward = `tcp:10.0.2.100:7480-cmd:${process.execPath} ${relay} ${options.rackPort}`;
  const ssh = options.sshPort === undefined ? '' : `,hostfwd=tcp:127.0.0.1:${options.sshPort}-:22`;
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'qemu64', '-m', '1024'],
      ...['-display', 'none', '-monitor', 'none', '-no-reboot', '-serial', `file:${console}`],
      ...['-uuid', '6fa459ea-ee8a-3ca4-894e-db77e160355e'],
      ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${firmware}`],
      ...['-drive', `if=pflash,format=raw,unit=1,file=${nvram}`],
      ...['-netdev', `user,id=net,restrict=on,guestfwd=${forward}${ssh}`],
      ...['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
      ...options.disks.flatMap((file, index) => [
        ...['-drive', `file=${file},format=raw,if=none,id=disk${index},discard=unmap`],
        ...['-device', `virtio-blk-pci,drive=disk${index},serial=TEST${index}`],
      ]),
      ...(options.more ?? []),
      ...['-kernel', options.kernel, '-initrd', options.initrd],
      ...['-append', `${kernelArguments} mw.rack=${rackUrl} ${options.arguments}`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const off = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
  return { off, console: () => readFile(console, 'utf8'), kill: () => child.kill() };
}
