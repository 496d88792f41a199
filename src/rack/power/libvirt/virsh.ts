import { execFile } from 'node:child_process';
import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';

/** Longer than libvirt takes to give a host up that does not answer. */
const timeoutMs = 60_000;

/** Runs one command of virsh, and answers what it printed. @throws CodedError<PowerErrorCode> */
export type Virsh = (args: readonly string[], signal: AbortSignal) => Promise<string>;

export function createVirsh(uri: string): Virsh {
  return (args, signal) =>
    new Promise((resolve, reject) => {
      const options = {
        signal,
        timeout: timeoutMs,
        // Its messages are read, so they have to be in English.
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      };
      execFile('virsh', ['--connect', uri, '--quiet', ...args], options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout.trim());
        if (signal.aborted) return reject(signal.reason);
        return reject(virshFault(args[0] ?? '', error.code ?? error.signal, `${stderr}`.trim()));
      });
    });
}

/** What virsh complains of, by what it prints. */
const complaints: readonly [RegExp, PowerErrorCode, boolean][] = [
  // It says that authentication failed, too.
  [/host key|known_hosts/i, 'BmcTlsFailed', false],
  [/no domain with matching|Domain not found|failed to get domain/i, 'BmcSystemNotFound', false],
  [
    /authentication failed|access denied|permission denied|Authentication unavailable/i,
    'BmcAuthenticationFailed',
    false,
  ],
  [/cannot acquire state change lock|timed out during operation/i, 'BmcBusy', true],
  [
    /failed to connect|unable to connect|connection refused|no route|could not resolve|timed out/i,
    'BmcUnreachable',
    true,
  ],
  [/operation not supported|not supported by/i, 'BmcUnsupported', false],
];

/** The error behind a virsh that failed. */
export function virshFault(
  command: string,
  code: number | string | null | undefined,
  said: string,
): CodedError<PowerErrorCode> {
  if (code === 'ENOENT') {
    return powerError(
      'BmcUnsupported',
      'virsh is not installed where the rack runs (package libvirt-clients)',
    );
  }
  const seen = `virsh ${command}: ${said.replaceAll(/\s+/g, ' ').slice(0, 400) || `ended with ${code}`}`;
  for (const [pattern, reason, retryable] of complaints) {
    if (pattern.test(said)) return powerError(reason, seen, { retryable });
  }
  return powerError(said === '' ? 'BmcUnreachable' : 'BmcProtocolError', seen, { retryable: said === '' });
}
