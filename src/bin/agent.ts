/** The agent: the one program of the ephemeral OS. Everything that it needs from the machine is wired here. */
import { readFileSync } from 'node:fs';
import { parseCommandLine } from '../agent/command-line.ts';
import { openConsole } from '../agent/console.ts';
import { runAgent } from '../agent/run.ts';
import { messageOf } from '../errors/coded-error.ts';

const console = openConsole();
const commandLine = parseCommandLine(readFileSync('/proc/cmdline', 'utf8'));

try {
  await runAgent(commandLine, console);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error)}\n`);
  process.exitCode = 1;
}
