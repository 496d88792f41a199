import type { CommandLine } from './command-line.ts';
import type { Console } from './console.ts';
import { systemFiles } from './host/files.ts';
import { settleHardware } from './host/machine.ts';
import { runProgram } from './host/programs.ts';
import { collectInventory } from './inventory/collect.ts';
import type { TaskHandlers } from './work.ts';

export interface TaskDeps {
  commandLine: CommandLine;
  console: Console;
}

/** The tasks on the real machine. */
export function taskHandlers(_deps: TaskDeps): TaskHandlers {
  return {
    async inventory(_task, context) {
      context.report('Hardware', 'looking at the hardware');
      await settleHardware(runProgram, context.signal);
      const inventory = await collectInventory(systemFiles);
      return { message: 'inventory done', inventory };
    },
    install() {
      throw new Error('not here');
    },
    erase() {
      throw new Error('not here');
    },
  };
}
