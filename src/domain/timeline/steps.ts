import { type FailureReason, failureTable } from '../lifecycle/failures.ts';

/** Firmware modes that differ in how long a boot takes. */
export type Firmware = 'BIOS' | 'UEFI';

/** How long something takes, in seconds. */
export interface Expectation {
  /** Usually; undefined: it depends on the machine. */
  usual?: number | undefined;
  /** When it counts as late; undefined: at half of the time that it is given, `never`: it lasts as long as a person wants. */
  late?: number | 'never' | undefined;
}

/** One step of a boot. */
export interface StepRow extends Expectation {
  /** In the short story of a condition. */
  word: string;
  /** What happens, as an end of "Awaited: …". */
  what: string;
  /** With UEFI, where that differs. */
  uefi?: Expectation | undefined;
  /** What to look at when it is late: that of a failure, or words of its own. Undefined: nobody waits for this step. */
  advice?: FailureReason | { text: string } | undefined;
}

/** Every step, in the order of a boot; those of a task have their place after `Agent`. */
export const stepTable = {
  Image: {
    word: 'image',
    what: 'the BootImage becomes Ready',
    late: 900,
    advice: 'BootImageNotReady',
  },
  Rack: { word: 'rack', what: 'a rack that has an HTTP address', usual: 2, late: 60, advice: 'NoRack' },
  Ordered: { word: 'ordered', what: 'a person is asked to switch the machine on' },
  PowerRequested: { word: 'ordered', what: 'the power request is written' },
  PowerClaimed: {
    word: 'power taken up',
    what: 'a rack takes up the power request',
    usual: 2,
    late: 30,
    advice: 'PowerTimeout',
  },
  PoweredOn: {
    word: 'power on',
    what: 'the BMC switches the machine on',
    usual: 20,
    late: 90,
    advice: 'PowerFailed',
  },
  Dhcp: {
    word: 'DHCP',
    what: 'a DHCP request from its firmware',
    usual: 60,
    late: 180,
    uefi: { usual: 90, late: 240 },
    advice: 'NoDhcp',
  },
  Loader: {
    word: 'loader',
    what: 'the boot loader asks for its script',
    usual: 5,
    late: 45,
    advice: 'NoLoader',
  },
  Kernel: { word: 'kernel', what: 'the kernel is fetched', usual: 2, late: 60, advice: 'NoKernel' },
  Network: { word: 'network', what: 'the ephemeral OS asks for an address' },
  Agent: { word: 'agent', what: 'the first call of the agent', usual: 30, late: 120, advice: 'AgentSilent' },
  TaskStarted: {
    word: 'task',
    what: 'the first report on the task',
    usual: 2,
    late: 20,
    advice: 'AgentSilent',
  },
  Heartbeat: {
    word: 'heartbeat',
    what: 'a sign of life from the agent',
    usual: 8,
    late: 30,
    advice: 'AgentSilent',
  },
  TaskEnded: { word: 'task ended', what: 'the task ends' },
  Inventory: {
    word: 'inventory',
    what: 'the inventory is stored',
    usual: 2,
    late: 60,
    advice: 'InventoryMissing',
  },
  Restarting: {
    word: 'restarting',
    what: 'the agent restarts the machine',
    usual: 3,
    late: 30,
    advice: { text: 'look at the console of the machine; if it hangs, order PowerCycle' },
  },
  Restarted: { word: 'restarted', what: 'the firmware asks for an address again' },
  OsDhcp: { word: 'OS DHCP', what: 'the installed OS asks for an address' },
  PhonedHome: {
    word: 'phoned home',
    what: 'the installed OS phones home',
    usual: 120,
    late: 360,
    uefi: { usual: 150, late: 480 },
    advice: 'DeployedOsSilent',
  },
  Finished: {
    word: 'set up',
    what: 'cloud-init ends',
    usual: 60,
    late: 900,
    advice: { text: 'look at /var/log/cloud-init.log on the machine' },
  },
  Failed: { word: 'failed', what: 'the phase ends in a failure' },
  PowerOffRequested: { word: 'ordered off', what: 'the request to switch off is written' },
  PowerOffClaimed: {
    word: 'taken up',
    what: 'a rack takes up the request to switch off',
    usual: 2,
    late: 30,
    advice: 'PowerTimeout',
  },
  PoweredOff: {
    word: 'power off',
    what: 'the BMC switches the machine off',
    usual: 10,
    late: 90,
    advice: 'PowerStateTimeout',
  },
  Release: {
    word: 'release',
    what: 'its Allocation lets the machine go',
    usual: 2,
    late: 60,
    advice: { text: 'look at the Allocation and at the log of the operator' },
  },
} as const satisfies Record<string, StepRow>;

/** A step of the table. */
export type Step = keyof typeof stepTable;

/** What steps of tasks take; the words are the agent's own. */
export const taskStepTable = {
  Hardware: { usual: 5, late: 60 },
  Neighbours: { usual: 35, late: 120 },
  Disk: { usual: 2, late: 60 },
  Write: { usual: 120, late: 1200 },
  Partitions: { usual: 5, late: 60 },
  Seed: { usual: 3, late: 60 },
  BootEntry: { usual: 2, late: 60 },
  Sync: { usual: 20, late: 300 },
  Signatures: { usual: 5, late: 120 },
  Zero: {},
  Verify: { usual: 60, late: 900 },
  Discard: { usual: 60, late: 1800 },
  Bmc: { usual: 10, late: 180 },
  Ssh: { usual: 2, late: 60 },
  Rescue: { late: 'never' },
  /** A step of a name that is not in this table. */
  Other: {},
} as const satisfies Record<string, Expectation>;

/** A word of that table. */
export type TaskWord = keyof typeof taskStepTable;

function isStep(step: string): step is Step {
  return Object.hasOwn(stepTable, step);
}

function isTaskWord(word: string): word is TaskWord {
  return Object.hasOwn(taskStepTable, word);
}

/** The step of a timeline for a word of the agent: `TaskWrite`; what is no word is made one. */
export function taskStep(word: string): string {
  const plain = word.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 48);
  return `Task${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
}

/** Whether a step of a timeline is one of a task. */
export function isTaskStep(step: string): boolean {
  return !isStep(step) && step.startsWith('Task');
}

/** The step as one of a closed list, for labels of metrics and reasons of conditions. */
export function closedStep(step: string): string {
  if (isStep(step)) return step;
  const word = step.slice('Task'.length);
  return isTaskWord(word) ? step : 'TaskOther';
}

/** Every step that {@link closedStep} knows. */
export const closedSteps: readonly string[] = [
  ...Object.keys(stepTable),
  ...Object.keys(taskStepTable).map((word) => `Task${word}`),
];

/** Where a step stands in a boot: steps of a task are between the agent's first call and the task's end. */
export function rankOf(step: string): number {
  const order: readonly string[] = Object.keys(stepTable);
  return isStep(step) ? order.indexOf(step) : order.indexOf('TaskStarted');
}

/** The row of a step; undefined for the steps of a task. */
export function rowOf(step: string): StepRow | undefined {
  return isStep(step) ? stepTable[step] : undefined;
}

/** How long a step takes, with this firmware. */
export function expectationOf(step: string, firmware: Firmware | undefined): Expectation {
  const row = rowOf(step);
  if (row !== undefined) return firmware === 'UEFI' ? (row.uefi ?? row) : row;
  const word = step.slice('Task'.length);
  return taskStepTable[isTaskWord(word) ? word : 'Other'];
}

/** What to look at when a step is late. */
export function adviceOf(step: string, work: string): string {
  const advice = rowOf(step)?.advice ?? taskAdvice[work] ?? 'AgentSilent';
  return typeof advice === 'string' ? failureTable[advice].advice : advice.text;
}

const taskAdvice: Readonly<Record<string, FailureReason | undefined>> = {
  Inventory: 'CommissioningTimeout',
  Install: 'InstallTimeout',
  Erase: 'EraseTimeout',
  Test: 'TestTimeout',
  Rescue: 'RescueTimeout',
};

/** What is awaited, as an end of "Awaited: …". */
export function whatOf(step: string): string {
  return rowOf(step)?.what ?? `the end of step ${step.slice('Task'.length)}`;
}

/** The step in the short story of a condition. */
export function wordOf(step: string): string {
  return rowOf(step)?.word ?? step.slice('Task'.length);
}
