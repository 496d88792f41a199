import type { CommandSpec } from '../../command.ts';
import { serverOptions } from '../../options.ts';
import { flagOption, valueOption } from '../tables.ts';

/** `mw console` */
export const consoleCommand: CommandSpec = {
  path: ['console'],
  summary: "Opens a machine's serial console in this terminal",
  details:
    'Through the REST API, which asks the rack that reaches the BMC. Every key goes to the machine, Ctrl-C too; Enter ~ . leaves, Enter ~ ? shows what else there is. One person types and others look on: Enter ~ T takes over. A serial line knows no size of a window: "stty rows 40 cols 120" on the machine sets it there. Exits with 0 when you leave, else by why it closed.',
  arguments: [{ name: 'MACHINE', summary: 'name of the machine', completes: 'Machine' }],
  options: [
    flagOption('watch', 'only looks, also when nobody types; goes into a pipe or a file too'),
    flagOption('boot-log', 'the account of the boot, also of a machine with a serial console'),
    valueOption('escape', 'CHARACTER', 'what escapes begin with. Default: ~'),
    ...serverOptions,
  ],
  examples: [
    { line: 'console r2-17', what: 'Log in on the serial line' },
    { line: 'console r2-17 --watch > r2-17.log', what: 'Keep what a machine says' },
  ],
  load: () => import('./console.ts'),
};
