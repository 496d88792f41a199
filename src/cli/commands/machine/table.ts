import type { CommandSpec, OptionSpec } from '../../command.ts';
import { outputOption, selectorOption, serverOptions, waiting, watchOption } from '../../options.ts';
import { flagOption, nameArgument, showCommand, valueOption } from '../tables.ts';

const sshKey = valueOption('ssh-key', 'FILE', 'public key of who may log in, as a file or as text', {
  multiple: true,
  completes: 'file',
});
const enableSsh = flagOption('enable-ssh', 'the keys may log in while it works, and the machine stays on');
const soft = flagOption('soft', 'asks the OS to switch off first');
const erase = valueOption('erase', 'HOW', 'none, quick or full', { completes: ['none', 'quick', 'full'] });
const message = valueOption('message', 'TEXT', 'why, for those who read it later');

/** A verb that orders a MachineAction. */
function action(
  verb: readonly string[],
  summary: string,
  options: readonly OptionSpec[] = [],
  example = 'r2-17 --wait',
): CommandSpec {
  return {
    path: ['machine', ...verb],
    summary,
    arguments: [nameArgument('Machine', 'name of the machine')],
    options: [...options, message, ...waiting],
    writes: true,
    examples: [{ line: `machine ${verb.join(' ')} ${example}`, what: 'Orders it, and waits for its end' }],
    load: () => import('./act.ts'),
  };
}

const machineOptions: readonly OptionSpec[] = [
  valueOption('architecture', 'NAME', 'amd64 (default) or arm64', { completes: ['amd64', 'arm64'] }),
  valueOption('bmc-driver', 'NAME', 'how the BMC is spoken to: redfish, ipmi, …', {
    completes: ['redfish', 'ipmi', 'manual'],
  }),
  valueOption('bmc-address', 'ADDRESS', 'host, host:port or URL of the BMC'),
  valueOption('bmc-secret', 'NAME', "Secret in Metalwright's namespace with username and password"),
  valueOption('zone', 'NAME', 'zone. Default: default', { completes: 'Zone' }),
  valueOption('pool', 'NAME', 'pool. Default: default', { completes: 'Pool' }),
  valueOption('tags', 'A,B', 'tags, with commas between'),
  valueOption('boot-mode', 'MODE', 'BIOS or UEFI. Default: as it was last seen', {
    completes: ['BIOS', 'UEFI'],
  }),
];

/** `mw machine …` */
export const machineCommands: readonly CommandSpec[] = [
  {
    path: ['machine', 'list'],
    summary: 'Lists machines',
    options: [
      outputOption,
      watchOption,
      selectorOption,
      valueOption('phase', 'PHASE', 'only machines in this phase: Ready, Deployed, …'),
      valueOption('pool', 'NAME', 'only machines of this pool', { completes: 'Pool' }),
      valueOption('zone', 'NAME', 'only machines of this zone', { completes: 'Zone' }),
      ...serverOptions,
    ],
    examples: [
      { line: 'machine list --phase Ready -o wide', what: 'What is free' },
      { line: 'machine list -w', what: 'Everything that changes' },
    ],
    load: () => import('./list.ts'),
  },
  showCommand(
    'machine',
    'Shows a machine: state, hardware, timeline, conditions, events',
    'Machine',
    [],
    () => import('./show.ts'),
  ),
  {
    path: ['machine', 'add'],
    summary: 'Describes a machine',
    arguments: [{ name: 'NAME', summary: 'name of the machine' }],
    options: [
      valueOption('mac', 'MAC', 'MAC address that it may boot from', { multiple: true }),
      ...machineOptions,
      flagOption('not-approved', 'it waits for "mw machine approve"'),
    ],
    writes: true,
    examples: [
      {
        line: 'machine add r2-17 --mac 52:54:00:12:34:56 --bmc-driver redfish --bmc-address https://10.0.9.17 --bmc-secret r2-bmc',
        what: 'A machine with a Redfish BMC, approved',
      },
    ],
    load: () => import('./add.ts'),
  },
  {
    path: ['machine', 'import', 'csv'],
    summary: 'Describes many machines: one a row',
    details:
      'The first row names the columns: name, mac, architecture, bmc-driver, bmc-address, bmc-secret, zone, pool, tags, boot-mode, approved; name and mac are needed. Several MAC addresses or tags stand in one field with a space or ; between. All rows are checked, at the end by the API server, before the first machine is made.',
    arguments: [{ name: 'FILE', summary: 'the file; - is standard input', completes: 'file' }],
    writes: true,
    examples: [{ line: 'machine import csv row-2.csv --dry-run', what: 'Checks a file and makes nothing' }],
    load: () => import('./import-csv.ts'),
  },
  {
    path: ['machine', 'approve'],
    summary: 'Lets machines that enlisted themselves be used',
    arguments: [{ name: 'NAME', summary: 'names of the machines', multiple: true, completes: 'Machine' }],
    writes: true,
    examples: [{ line: 'machine approve m-525400123456', what: 'Approves one' }],
    load: () => import('./approve.ts'),
  },
  action(['commission'], 'Takes the inventory anew', [
    sshKey,
    enableSsh,
    flagOption('skip-networking', 'keeps the NICs that are on record'),
    flagOption('skip-storage', 'keeps the disks that are on record'),
  ]),
  action(['test'], 'Tests the hardware, and changes nothing on the disks', [
    sshKey,
    enableSsh,
    valueOption('tests', 'A,B', 'which tests. Default: all'),
  ]),
  action(
    ['rescue'],
    'Boots the ephemeral OS for people to log in',
    [sshKey],
    'r2-17 --ssh-key ~/.ssh/id_ed25519.pub --wait',
  ),
  action(['exit-rescue'], 'Ends the rescue; the machine goes back to where it was'),
  action(['power', 'on'], 'Switches a machine on'),
  action(['power', 'off'], 'Switches a machine off', [soft]),
  action(['power', 'cycle'], 'Switches a machine off and on', [soft]),
  action(['power', 'status'], 'Asks the BMC for the state of the power'),
  action(['lock'], 'Refuses every action until it is unlocked'),
  action(['unlock'], 'Takes the lock away'),
  action(['override'], 'Puts a machine that failed its test back to where it was'),
  action(['mark-broken'], 'Takes a machine out of use', [], 'r2-17 --message "fan 3 is loud"'),
  action(['mark-fixed'], 'Puts a broken machine back into use'),
  action(['abort'], 'Ends what is under way'),
  action(['release'], 'Erases a machine that failed to be released or erased, and that no Allocation holds', [
    erase,
  ]),
];
