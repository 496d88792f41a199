import type { CommandLine } from './command-line.ts';
import { erase } from './erase/erase.ts';
import { type OpenBlockDevice, openBlockDevice } from './host/block-device.ts';
import { systemFiles } from './host/files.ts';
import { settleHardware } from './host/machine.ts';
import { runProgram } from './host/programs.ts';
import { zeroRangeWith } from './host/zero-range.ts';
import { install } from './install/install.ts';
import { listenForLldp } from './inventory/lldp/listen.ts';
import { takeInventory } from './inventory/task.ts';
import { openDownload } from './rack/http.ts';
import { systemTiming } from './time.ts';
import type { TaskHandlers } from './work.ts';

/** The tasks on the real machine. */
export function taskHandlers(commandLine: CommandLine): TaskHandlers {
  const shared = { files: systemFiles, run: runProgram, timing: systemTiming };
  const zeroRange = zeroRangeWith(runProgram);
  const openDevice: OpenBlockDevice = ({ name, sizeBytes }) =>
    openBlockDevice(`/dev/${name}`, sizeBytes, zeroRange);
  return {
    inventory: (_task, context) => takeInventory(context, { ...shared, commandLine, listen: listenForLldp }),
    async install(task, context) {
      context.report('Hardware', 'looking for disks');
      await settleHardware(runProgram, context.signal);
      return install(task, context, { ...shared, rack: commandLine.rack, openDevice, openDownload });
    },
    async erase(task, context) {
      context.report('Hardware', 'looking for disks');
      await settleHardware(runProgram, context.signal);
      return erase(task, context, { ...shared, openDevice, random: Math.random });
    },
  };
}
