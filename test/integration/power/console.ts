import { readFileSync, writeFileSync } from 'node:fs';
import {
  createHmcConsole,
  createMscmConsole,
  createWedgeConsole,
} from '../../../src/rack/power/testing/consoles.ts';

/** The console behind ssh_console.py: `console.ts KIND STATE-FILE COMMAND`. The state outlives the process in its file. */
const [kind = '', file = '', command = ''] = process.argv.slice(2);

if (kind === 'slow') setInterval(() => undefined, 1_000);
else {
  const create = { mscm: createMscmConsole, hmc: createHmcConsole, wedge: createWedgeConsole }[kind];
  const console = create?.(JSON.parse(readFileSync(file, 'utf8')));
  if (console === undefined) throw new Error(`no console "${kind}"`);
  const { code, stdout, stderr } = console.run(command);
  writeFileSync(file, JSON.stringify(console.machines));
  process.stdout.write(`${stdout.replaceAll('\n', '\r\n')}\r\n`);
  process.stderr.write(stderr);
  process.exitCode = code;
}
