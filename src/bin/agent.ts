/** The agent: the one program of the ephemeral OS. Everything that it needs from the machine is wired here. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseCommandLine } from '../agent/command-line.ts';
import { openConsole } from '../agent/console.ts';
import { runAgent } from '../agent/run.ts';
import { carryOutCheck } from '../agent/tests/checks/run-check.ts';
import { messageOf } from '../errors/coded-error.ts';

const [node = '', script = '', command, ...rest] = process.argv;

try {
  if (command === 'check') {
    // Were memory to run out, this is the process to end.
    await writeFile('/proc/self/oom_score_adj', '1000');
    await carryOutCheck(rest, (line) => process.stdout.write(`${line}\n`));
  } else {
    const commandLine = parseCommandLine(readFileSync('/proc/cmdline', 'utf8'));
    await runAgent(commandLine, openConsole(), [node, script]);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error)}\n`);
  process.exitCode = 1;
}
