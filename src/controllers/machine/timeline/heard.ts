import type { MachineStatus } from '../../../api/machine/status.ts';
import { whatOf } from '../../../domain/timeline/steps.ts';
import type { Entry, Story } from '../../../domain/timeline/timeline.ts';

/** What the operator itself does is nothing that was heard. */
const ownSteps: readonly string[] = ['Ordered', 'PowerRequested', 'PowerOffRequested', 'Failed'];

/** Whether a step is the operator's own. */
export function isOwn(step: string): boolean {
  return ownSteps.includes(step);
}

/** What was last heard of a machine, when, and from which rack: words for a message. */
export function lastHeard(status: MachineStatus, story: Story | undefined): string {
  const agent = agentWords(status);
  if (agent !== undefined) return agent;
  const last = story?.steps.filter(({ step }) => !isOwn(step)).reduce(later, undefined);
  if (last !== undefined) return `${entryWords(last)}${placeOf(status, last)}`;
  const { power, bootProgress, boot } = status;
  const order =
    power?.request === undefined ? '' : ` since request ${power.request.id} of ${power.request.requestedAt}`;
  if (bootProgress === undefined || bootProgress.generation === boot?.generation) return `nothing${order}`;
  const { generation, stage, at, rack, mac } = bootProgress;
  const by = mac === undefined ? '' : ` by ${mac}`;
  return `nothing${order}; in boot ${generation} it came as far as ${stage}${by}, at ${at}, rack ${rack}`;
}

/** While the agent works it is the last that is heard. */
function agentWords({ boot, task, taskResult }: MachineStatus): string | undefined {
  if (task === undefined || task.generation !== boot?.generation || taskResult?.id !== task.id)
    return undefined;
  if (taskResult.outcome !== 'Running') return undefined;
  const { step, percent, updatedAt } = taskResult;
  const at = step === undefined ? '' : ` at step ${step}`;
  return `the agent${at}${percent === undefined ? '' : `, ${percent} %`}, at ${updatedAt}`;
}

function later(last: Entry | undefined, entry: Entry): Entry {
  return last === undefined || Date.parse(entry.at) >= Date.parse(last.at) ? entry : last;
}

function entryWords({ step, at, detail }: Entry): string {
  return `${step} (${whatOf(step)}), at ${at}${detail === undefined ? '' : `, ${detail}`}`;
}

/** Where the machine was on the network, if it was there last. */
function placeOf({ bootProgress }: MachineStatus, { step, at }: Entry): string {
  if (bootProgress === undefined || bootProgress.stage !== step || bootProgress.at !== at) return '';
  const { address, vlan } = bootProgress;
  return `${address === undefined ? '' : `, address ${address}`}${vlan === undefined ? '' : `, VLAN ${vlan}`}`;
}
