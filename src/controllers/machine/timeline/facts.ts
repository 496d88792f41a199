import type { Machine } from '../../../api/machine/schema.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import type { SeenStage } from '../../../api/machine/timeline.ts';
import { type Firmware, taskStep } from '../../../domain/timeline/steps.ts';
import type { Fact } from '../../../domain/timeline/timeline.ts';

/** The stages of the present boot generation that racks saw, in order. */
export function stagesOf({ boot, bootProgress }: MachineStatus): readonly SeenStage[] {
  if (boot === undefined || bootProgress?.generation !== boot.generation) return [];
  const { seen, stage, at, rack, mac } = bootProgress;
  // Of a rack that keeps no list yet.
  return seen ?? [{ stage, at, rack, ...(mac === undefined ? {} : { mac }) }];
}

/** When a stage of the present boot was first seen, RFC 3339. */
export function seenAt(status: MachineStatus, stage: SeenStage['stage']): string | undefined {
  return stagesOf(status).find((entry) => entry.stage === stage)?.at;
}

/** All that a status tells of its present boot generation. */
export function factsOf(status: MachineStatus): Fact[] {
  return [...powerFacts(status), ...stagesOf(status).map(stageFact), ...taskFacts(status)];
}

function stageFact({ stage, at, rack, mac }: SeenStage): Fact {
  const places = [mac, rack === undefined ? undefined : `rack ${rack}`].filter(
    (place) => place !== undefined,
  );
  return { step: stage, at, ...(places.length === 0 ? {} : { detail: places.join(', ') }) };
}

/** Requests of the boot generation; an order by a MachineAction is none of its steps. */
function powerFacts({ boot, power }: MachineStatus): Fact[] {
  const { request, result } = power ?? {};
  if (boot === undefined || request?.id.startsWith(`g${boot.generation}-`) !== true) return [];
  const off = request.action === 'Off';
  const how = request.boot === undefined ? request.action : `${request.action}, to boot from ${request.boot}`;
  const facts: Fact[] = [
    { step: off ? 'PowerOffRequested' : 'PowerRequested', at: request.requestedAt, detail: how },
  ];
  if (result?.id !== request.id) return facts;
  const detail = `rack ${result.rack}`;
  facts.push({ step: off ? 'PowerOffClaimed' : 'PowerClaimed', at: result.startedAt, detail });
  if (result.outcome === 'Succeeded' && result.finishedAt !== undefined)
    facts.push({ step: off ? 'PoweredOff' : 'PoweredOn', at: result.finishedAt, detail });
  return facts;
}

/** A step of a task is over when the next one begins, or the task ends. */
function taskFacts({ boot, task, taskResult }: MachineStatus): Fact[] {
  if (task === undefined || task.generation !== boot?.generation || taskResult?.id !== task.id) return [];
  const { steps = [], outcome, updatedAt, reason } = taskResult;
  const ended = outcome === 'Running' ? undefined : updatedAt;
  const facts = steps.flatMap(({ step }, index): Fact[] => {
    const at = steps[index + 1]?.at ?? ended;
    return at === undefined ? [] : [{ step: taskStep(step), at }];
  });
  const detail = reason === undefined ? outcome : `${outcome}: ${reason}`;
  return ended === undefined ? facts : [...facts, { step: 'TaskEnded', at: ended, detail }];
}

/** How the machine boots, as far as anybody knows. */
export function firmwareOf({ spec, status }: Machine): Firmware | undefined {
  const architecture = status?.bootProgress?.architecture;
  // RFC 4578: 0 is a PC's BIOS; all others that boot machines are UEFI.
  if (architecture !== undefined) return architecture === 0 ? 'BIOS' : 'UEFI';
  return spec.bootMode ?? status?.hardware?.firmware;
}
