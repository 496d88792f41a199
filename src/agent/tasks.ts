import { setUpFoundBmc } from './bmc/task.ts';
import type { CommandLine } from './command-line.ts';
import { erase } from './erase/erase.ts';
import { type OpenBlockDevice, openBlockDevice } from './host/block-device.ts';
import { openDiskReader } from './host/disk-reader.ts';
import { systemFiles } from './host/files.ts';
import { settleHardware } from './host/machine.ts';
import { runProgram } from './host/programs.ts';
import { writeSystemFile } from './host/write-file.ts';
import { zeroRangeWith } from './host/zero-range.ts';
import { install } from './install/install.ts';
import { listenForLldp } from './inventory/lldp/listen.ts';
import { takeInventory } from './inventory/task.ts';
import type { RackAccess } from './rack/access.ts';
import type { BmcCalls } from './rack/client.ts';
import { type OpenDownload, openDownload } from './rack/http.ts';
import { rescue } from './rescue/rescue.ts';
import { withSsh } from './rescue/with-ssh.ts';
import { createAskRack } from './tests/ask-rack.ts';
import { runCheckWith } from './tests/checks/run-check.ts';
import { runTests } from './tests/run-tests.ts';
import { systemTiming } from './time.ts';
import type { TaskHandlers } from './work.ts';

/** The tasks on the real machine. */
export function taskHandlers(
  commandLine: CommandLine,
  client: BmcCalls,
  access: RackAccess,
  program: readonly string[],
): TaskHandlers {
  const shared = { files: systemFiles, run: runProgram, timing: systemTiming };
  const ssh = { ...shared, writeFile: writeSystemFile };
  const check = runCheckWith(runProgram, program);
  const zeroRange = zeroRangeWith(runProgram);
  const openDevice: OpenBlockDevice = ({ name, sizeBytes }) =>
    openBlockDevice(`/dev/${name}`, sizeBytes, zeroRange);
  return {
    inventory: (task, context) =>
      withSsh(task.sshKeys, context, ssh, async () => {
        const taken = await takeInventory(context, { ...shared, commandLine, listen: listenForLldp });
        if (task.bmc === undefined) return taken;
        const said = await setUpFoundBmc(task.id, task.bmc, context, { ...shared, client });
        return { ...taken, message: `${taken.message}; ${said}`.slice(0, 1024) };
      }),
    test: (task, context) =>
      withSsh(task.sshKeys, context, ssh, () => {
        const askRack = createAskRack(access.api, context.sessionKey, systemTiming, access.transport(1));
        return runTests(task, context, { ...shared, openDisk: openDiskReader, check, askRack });
      }),
    rescue: (task, context) => rescue(task, context, ssh),
    async install(task, context) {
      context.report('Hardware', 'looking for disks');
      await settleHardware(runProgram, context.signal);
      const download = access.secure ? withoutKey : openDownload;
      const { rack } = commandLine;
      return install(task, context, { ...shared, rack, openDevice, openDownload: download });
    },
    async erase(task, context) {
      context.report('Hardware', 'looking for disks');
      await settleHardware(runProgram, context.signal);
      return erase(task, context, { ...shared, openDevice, random: Math.random });
    },
  };
}

/** Images are no secret, and are checked by their digest: they come by HTTP. The session key must not. */
const withoutKey: OpenDownload = ({ url, signal, silenceMs }, offset) =>
  openDownload({ url, signal, silenceMs }, offset);
