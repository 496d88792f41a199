import type { RawTerminal } from '../cli/command.ts';

/** What a machine may have switched on in the terminal and not off again: mouse reports, bracketed paste, its other screen, colours. */
const asBefore =
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?1047l\u001b[!p\u001b[?7h\u001b[0m\u001b[?25h\r\n';

/** The terminal of this process. */
export function rawTerminal({ stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>): RawTerminal {
  return {
    canType: stdin.isTTY === true,
    write: (bytes) => void stdout.write(bytes),
    take({ typed, ended }) {
      stdin.setRawMode(true);
      stdin.on('data', typed);
      stdin.once('end', ended);
      // Who closes the window leaves; Node's own way would be not to tell the machine's rack.
      process.once('SIGHUP', ended);
      stdin.resume();
      let given = false;
      return () => {
        if (given) return;
        given = true;
        process.removeListener('SIGHUP', ended);
        stdin.removeListener('data', typed);
        stdin.removeListener('end', ended);
        stdin.setRawMode(false);
        stdin.pause();
        if (stdout.isTTY) stdout.write(asBefore);
      };
    },
  };
}
