import type { IpmiAnswer, IpmiRequest } from '../../domain/ipmi/message.ts';
import { complaint, type ProgramResult, type RunProgram } from '../host/programs.ts';

/** Sends one command to the BMC of this machine. Rejects when the driver or the BMC does not answer at all. */
export type SendIpmi = (request: IpmiRequest) => Promise<IpmiAnswer>;

/**
 * The BMC through the kernel's driver. Node has no ioctl, so ipmitool does it: the command goes to its standard input, for it
 * may hold a password, and what is on a command line everybody on the machine can read. What Node gives a program as standard
 * input is a socket, which has no file to open: the shell makes a pipe of it.
 */
export function sendWithIpmitool(run: RunProgram, signal?: AbortSignal): SendIpmi {
  return async ({ netFn, command, data }) => {
    const bytes = [netFn, command, ...data].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
    const result = await run('sh', ['-c', 'cat | ipmitool -I open exec /proc/self/fd/0'], {
      input: `raw ${bytes.join(' ')}\n`,
      ...(signal === undefined ? {} : { signal }),
    });
    const answer = readAnswer(result);
    if (answer === undefined) throw new Error(`the BMC does not answer: ${complaint(result)}`);
    return answer;
  };
}

/** What `ipmitool raw` printed: the data in hex, or the completion code in its complaint. Undefined: neither. */
export function readAnswer({ status, stdout, stderr }: ProgramResult): IpmiAnswer | undefined {
  const code = /\brsp=0x([0-9a-f]{1,2})\)/i.exec(stderr)?.[1];
  if (code !== undefined) return { completionCode: Number.parseInt(code, 16), data: Uint8Array.of() };
  if (status !== 0 || /unable to|could not|error/i.test(stderr)) return undefined;
  const words = stdout.split(/\s+/).filter(Boolean);
  if (!words.every((word) => /^[0-9a-f]{2}$/i.test(word))) return undefined;
  return { completionCode: 0, data: Uint8Array.from(words, (word) => Number.parseInt(word, 16)) };
}
