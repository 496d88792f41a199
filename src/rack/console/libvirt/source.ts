import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { LibvirtParameters } from '../../../api/bmc/libvirt.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { systemTimers } from '../../../kube/timers.ts';
import { powerError } from '../../power/errors.ts';
import { openVirsh } from '../../power/libvirt/driver.ts';
import { virshFault } from '../../power/libvirt/virsh.ts';
import { readPowerTarget } from '../../power/target.ts';
import { consoleError } from '../errors.ts';
import type { ConsoleListener, ConsoleSource, OpenConsoleOptions, SerialConsole } from '../serial-console.ts';
import { watchRun } from './run.ts';

/** The console of a virtual machine, by `virsh console`: on the rack's own node, or over SSH as its power. */
export function libvirtSource(deps: { client: Pick<KubeClient, 'get'>; namespace: string }): ConsoleSource {
  return {
    kind: 'Libvirt',
    async open(machine, listener, options, signal) {
      const bmc = await readPowerTarget(machine, deps.client, deps.namespace);
      if (bmc?.driver !== 'libvirt')
        throw powerError('BmcUnsupported', 'this console needs the driver libvirt');
      const { domain } = LibvirtParameters.parse(bmc.target.parameters);
      const { uri, virsh, close } = openVirsh(bmc.target);
      const id = (stop: AbortSignal) => virsh(['domid', domain], stop);
      try {
        return await attach({ uri, domain, id, cleanUp: close }, listener, options, signal);
      } catch (error) {
        close();
        throw error;
      }
    },
  };
}

/** virsh wants a terminal: `script` of util-linux gives it one. NUL, which nobody types, is what ends it. */
function start(uri: string, domain: string, takeOver: boolean): ChildProcessWithoutNullStreams {
  const command = `exec virsh --connect "$URI" --escape '^@' console ${takeOver ? '--force' : ''} "$DOMAIN"`;
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { PATH: path, LC_ALL: 'C', TERM: 'dumb', SHELL: '/bin/sh', URI: uri, DOMAIN: domain },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const banner = /Escape character is [^\n]*\n/;

interface Place {
  uri: string;
  domain: string;
  /** What libvirt calls the run of the machine: another one after each start. */
  id(signal: AbortSignal): Promise<string>;
  cleanUp(): void;
}

async function attach(
  { uri, domain, id, cleanUp }: Place,
  listener: ConsoleListener,
  { takeOver }: OpenConsoleOptions,
  signal: AbortSignal,
): Promise<SerialConsole> {
  const run = await id(signal);
  const child = start(uri, domain, takeOver);
  const exited = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  let preface: string | undefined = '';
  let closing = false;

  child.on('error', () => ready.reject(powerError('BmcUnsupported', 'script (util-linux) is not installed')));
  child.stdin.on('error', () => undefined);
  child.stdin.on('drain', () => listener.drained());
  child.stdout.on('data', (chunk: Buffer) => {
    if (preface === undefined) {
      listener.data(chunk);
      return;
    }
    preface += chunk.toString('latin1');
    const found = banner.exec(preface);
    if (found === null) return;
    const rest = preface.slice(found.index + found[0].length);
    preface = undefined;
    if (rest !== '') listener.data(Buffer.from(rest, 'latin1'));
    ready.resolve();
  });
  child.on('close', (code) => {
    cleanUp();
    exited.resolve();
    if (preface !== undefined) ready.reject(refusal(preface, code));
    else if (!closing)
      listener.ended(
        powerError('BmcBusy', 'virsh console has ended: the machine is off?', { retryable: true }),
      );
  });
  const abort = (): void => {
    closing = true;
    child.kill('SIGTERM');
    ready.reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await ready.promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  const unwatch = watchRun({ run, id, timers: systemTimers, over: () => child.kill('SIGTERM') });
  void exited.promise.then(unwatch);
  return {
    write: (data) => child.stdin.write(data),
    async close() {
      closing = true;
      child.kill('SIGTERM');
      await exited.promise;
    },
  };
}

function refusal(said: string, code: number | null): Error {
  if (/Active console session exists/i.test(said)) return consoleError('ConsoleInUse', 'libvirt');
  if (/domain is not running/i.test(said))
    return powerError('BmcBusy', 'the machine is off', { retryable: true });
  return virshFault('console', code, said.trim());
}
