import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** Where a person in front of the machine, or at its serial line, reads what goes on. */
export interface Console {
  say(message: string): void;
}

/**
 * Writes to the screen and to every console of the kernel, each line marked as ours and stamped with the seconds since the
 * kernel's start. A console that is not there or does
 * not take the text is passed over: nobody may be reading.
 */
export function openConsole(): Console {
  const active = readFileSync('/sys/class/tty/console/active', 'utf8').trim().split(/\s+/);
  const devices = [...new Set(['tty0', ...active])].map((name) => `/dev/${name}`);
  return {
    say(message) {
      const seconds = readFileSync('/proc/uptime', 'utf8').split(' ')[0];
      for (const device of devices) writeLine(device, `[${seconds}] Metalwright: ${message}\r\n`);
    },
  };
}

function writeLine(device: string, line: string): void {
  try {
    const file = openSync(device, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      writeSync(file, line);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not there, or its buffer is full.
  }
}
