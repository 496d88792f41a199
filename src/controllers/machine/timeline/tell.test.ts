import { describe, expect, it } from 'vitest';
import { findCondition } from '../../../api/conditions.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import type { BootStage } from '../../../api/machine/timeline.ts';
import { isNews } from '../decide.ts';
import type { Decision } from '../decision.ts';
import { ago, aMachine, anAllocation, anImage, reference, seen, testNow } from '../testing/builders.ts';
import { decideAt } from '../testing/decisions.ts';

const stages = (...list: [BootStage, number][]) => {
  const all = list.map(([stage, seconds]) => ({
    ...{ stage, at: ago(seconds), rack: 'r1', mac: '52:54:00:00:00:01' },
  }));
  const last = all.at(-1);
  return last === undefined ? {} : { bootProgress: { ...last, generation: 3, seen: all } };
};

const request = { id: 'g3-boot', action: 'Cycle', boot: 'Network', requestedAt: ago(60) } as const;
const running = { id: 'g3-boot', rack: 'r1', outcome: 'Running', startedAt: ago(59) } as const;
const succeeded = { ...running, outcome: 'Succeeded', finishedAt: ago(50) } as const;
const task = { id: 'g3-install', generation: 3, kind: 'Install' } as const;

/** In the middle of a deployment, a minute after it was ordered. */
function deploying(over: MachineStatus): Machine {
  return aMachine({
    ...{ phase: 'Deploying', step: 'Install', phaseSince: ago(61), stepSince: ago(60) },
    ...{ observedGeneration: 1, allocation: reference, phoneHomeTokenHash: 'x' },
    boot: { generation: 3, target: 'EphemeralOS' },
    task,
    power: { request, result: succeeded },
    ...over,
  });
}

const worked = (step: string, heard: number, steps: [string, number][]): MachineStatus => ({
  ...stages(['Dhcp', 40], ['Loader', 39], ['Kernel', 38], ['Agent', 30]),
  taskResult: {
    ...{ id: task.id, outcome: 'Running' as const, step, percent: 45, updatedAt: ago(heard) },
    steps: steps.map(([name, seconds]) => ({ step: name, at: ago(seconds) })),
  },
});

const firstBoot = {
  step: 'FirstBoot',
  stepSince: ago(20),
  boot: { generation: 3, target: 'Disk' },
} as const;
const installed = {
  taskResult: { id: task.id, outcome: 'Succeeded', updatedAt: ago(20) },
} as const;

const inDeployment = { allocation: anAllocation(), image: anImage(), addresses: [] };
const at = (machine: Machine, seconds = 0): Decision => decideAt(seen(machine, inDeployment), seconds);
const late = ({ status }: Decision) => findCondition(status.conditions, 'Late');

/** What a person sees in turn: the machine after the decision. */
function written(machine: Machine, decision: Decision): Machine {
  const { power, ...status } = decision.status;
  return {
    ...machine,
    status: {
      ...machine.status,
      ...status,
      power: { ...machine.status?.power, request: power?.request },
    },
  };
}

describe('the timeline of a machine', () => {
  it('is told with times, durations, Events and measures, once', () => {
    const machine = deploying({ ...stages(['Dhcp', 40], ['Loader', 38.5]), hardware: undefined });
    const decision = at(machine);
    expect(decision.status.timeline).toEqual({
      ...{ generation: 3, work: 'Install', awaited: 'Kernel' },
      steps: [
        { step: 'PowerRequested', at: ago(60), durationSeconds: 0, detail: 'Cycle, to boot from Network' },
        { step: 'PowerClaimed', at: ago(59), durationSeconds: 1, detail: 'rack r1' },
        { step: 'PoweredOn', at: ago(50), durationSeconds: 9, detail: 'rack r1' },
        { step: 'Dhcp', at: ago(40), durationSeconds: 10, detail: '52:54:00:00:00:01, rack r1' },
        { step: 'Loader', at: ago(38.5), durationSeconds: 1, detail: '52:54:00:00:00:01, rack r1' },
      ],
    });
    expect(decision.told?.events.map(({ reason, at: when }) => [reason, when])).toEqual(
      decision.status.timeline?.steps.map(({ step, at: when }) => [
        step,
        step === 'PowerRequested' ? testNow : Date.parse(when),
      ]),
    );
    expect(decision.told?.events.at(-1)?.message).toBe(
      'Install, boot 3: the boot loader asks for its script after 1 s, 21 s in all (52:54:00:00:00:01, rack r1).',
    );
    expect(decision.told?.measures.at(-1)).toEqual({
      ...{ phase: 'Deploying', step: 'Loader', firmware: 'Unknown', seconds: 1 },
    });
    const again = at(written(machine, decision));
    expect(again.told?.events).toEqual([]);
    expect(isNews(seen(written(machine, decision), inDeployment), again.status)).toBe(false);
  });

  it('waits two seconds for more of its kind, and is not forgotten', () => {
    const before = deploying(stages(['Dhcp', 40]));
    const known = written(before, at(before));
    const machine = { ...known, status: { ...known.status, ...stages(['Dhcp', 40], ['Loader', 1]) } };
    const held = at(machine);
    expect(isNews(seen(machine, inDeployment), held.status)).toBe(false);
    expect(held.requeueAfterMs).toBeLessThanOrEqual(1_001);
    expect(at(machine, 1).status.timeline?.steps.at(-1)?.step).toBe('Loader');
  });

  it('holds nothing back by the clock of a rack that is ahead', () => {
    const before = deploying(stages(['Dhcp', 40]));
    const known = written(before, at(before));
    const machine = { ...known, status: { ...known.status, ...stages(['Dhcp', 40], ['Loader', -3600]) } };
    expect(at(machine).status.timeline?.steps.at(-1)?.step).toBe('Loader');
  });

  it('is silent while percents and heartbeats come', () => {
    const machine = deploying(worked('Write', 2, [['Write', 28]]));
    const known = written(machine, at(machine));
    const result = worked('Write', 0, [['Write', 28]]).taskResult!;
    const beat = { ...result, percent: 80 };
    const next = { ...known, status: { ...known.status, taskResult: beat } };
    expect(isNews(seen(next, inDeployment), at(next).status)).toBe(false);
    const lateOne = { ...beat, updatedAt: ago(-1_300), percent: 81 };
    const slow = { ...known, status: { ...known.status, taskResult: lateOne } };
    const told = written(slow, at(slow, 1_302));
    expect(late(at(slow, 1_302))?.reason).toBe('LateTaskWrite');
    const more = { ...lateOne, updatedAt: ago(-1_310), percent: 82 };
    const same = { ...told, status: { ...told.status, taskResult: more } };
    expect(isNews(seen(same, inDeployment), at(same, 1_311).status)).toBe(false);
  });

  it('keeps what a decision replaces', () => {
    const reported = { id: task.id, outcome: 'Failed', reason: 'ImageCorrupt', updatedAt: ago(1) } as const;
    const machine = deploying({ ...worked('Write', 1, [['Write', 28]]), taskResult: reported });
    const { timeline, phase } = at(machine).status;
    expect(phase).toBe('DeploymentFailed');
    expect(timeline?.steps.map(({ step }) => step).slice(-4)).toEqual([
      'Agent',
      'TaskEnded',
      'Failed',
      'PowerOffRequested',
    ]);
  });

  it('is no part of a machine that never booted', () => {
    const { status } = decideAt(seen(aMachine({ phase: 'Ready' })));
    expect(status.timeline).toBeUndefined();
    expect(findCondition(status.conditions, 'Late')).toBeUndefined();
  });
});

describe('a step that is late', () => {
  it.each<[string, string, Machine, string]>([
    [
      'no rack takes up the request',
      'LatePowerClaimed',
      deploying({ power: { request: { ...request, requestedAt: ago(1) } } }),
      'nothing since request g3-boot',
    ],
    [
      'a rack does not end it',
      'LatePoweredOn',
      deploying({ power: { request, result: running } }),
      'PowerClaimed (a rack takes up the power request), at 2026-03-01T11:59:01Z, rack r1',
    ],
    ['no DHCP', 'LateDhcp', deploying({}), 'PoweredOn (the BMC switches the machine on)'],
    [
      'no DHCP, from where it last booted',
      'LateDhcp',
      deploying({
        bootProgress: { generation: 2, stage: 'Agent', at: ago(900), rack: 'r9', mac: '52:54:00:00:00:09' },
      }),
      'PoweredOn',
    ],
    [
      'no loader',
      'LateLoader',
      deploying(stages(['Dhcp', 40])),
      'Dhcp (a DHCP request from its firmware), at 2026-03-01T11:59:20Z, 52:54:00:00:00:01, rack r1',
    ],
    ['no kernel', 'LateKernel', deploying(stages(['Dhcp', 40], ['Loader', 39])), 'Loader ('],
    ['no agent', 'LateAgent', deploying(stages(['Dhcp', 40], ['Loader', 39], ['Kernel', 38])), 'Kernel ('],
    [
      'no agent though the OS has an address',
      'LateAgent',
      deploying(stages(['Loader', 39], ['Kernel', 38], ['Network', 30])),
      'Network (the ephemeral OS asks for an address)',
    ],
    ['no report', 'LateTaskStarted', deploying(stages(['Kernel', 38], ['Agent', 5])), 'Agent ('],
    [
      'an agent that falls silent',
      'LateHeartbeat',
      deploying(worked('Write', 5, [['Write', 28]])),
      'the agent at step Write, 45 %, at 2026-03-01T11:59:55Z',
    ],
    [
      'no restart',
      'LateRestarting',
      deploying({ ...firstBoot, ...stages(['Agent', 30]), ...installed }),
      'TaskEnded (',
    ],
    [
      'no call from the installed OS',
      'LatePhonedHome',
      deploying({ ...firstBoot, ...stages(['Agent', 30], ['Restarting', 18], ['OsDhcp', 10]), ...installed }),
      'OsDhcp (the installed OS asks for an address)',
    ],
    [
      'no end of cloud-init',
      'LateFinished',
      deploying({
        ...{ phase: 'Deployed', phaseSince: ago(9), step: undefined, task: undefined },
        boot: { generation: 3, target: 'Disk' },
        ...stages(['Agent', 30], ['PhonedHome', 10]),
      }),
      'PhonedHome (the installed OS phones home)',
    ],
  ])('with %s is named by %s, well before it fails, and what was last heard', (_, reason, machine, heard) => {
    const phase = machine.status?.phase;
    const first = at(machine);
    expect(late(first)?.status).toBe('False');
    // Only time passes: the controller wakes by itself.
    let now = 0;
    let decision = first;
    for (let turn = 0; turn < 20 && late(decision)?.status !== 'True'; turn += 1) {
      now += (decision.requeueAfterMs ?? 0) / 1000;
      decision = at(written(machine, decision), now);
    }
    expect(decision.status.phase).toBe(phase);
    expect(late(decision)).toMatchObject({ status: 'True', reason });
    expect(late(decision)?.message).toContain(`Last heard: ${heard}`);
    expect(late(decision)?.message).toMatch(/To look at: .{10,}[.]$/);
    expect(decision.told?.events).toMatchObject([{ type: 'Warning', reason }]);
    // Well before: as much time again is left, or a quarter of an hour.
    const waited = now;
    let end = now;
    let last = decision;
    for (
      let turn = 0;
      turn < 60 && last.status.phase === phase && last.requeueAfterMs !== undefined;
      turn += 1
    ) {
      end += last.requeueAfterMs / 1000;
      last = at(written(machine, last), end);
    }
    expect(end - waited).toBeGreaterThan(25);
    if (phase === 'Deploying') expect(last.status.phase).toBe('DeploymentFailed');
  });

  it('says where an earlier boot was seen, when nothing is heard in this one', () => {
    const bootProgress = {
      generation: 2,
      stage: 'Agent',
      at: ago(900),
      rack: 'r9',
      mac: '52:54:00:00:00:09',
    } as const;
    const machine = deploying({ power: { request }, bootProgress });
    expect(late(at(machine, 60))?.message).toContain(
      'in boot 2 it came as far as Agent by 52:54:00:00:00:09, at 2026-03-01T11:45:00Z, rack r9',
    );
  });

  it('goes when the step comes', () => {
    const machine = deploying(stages(['Dhcp', 40]));
    const told = written(machine, at(machine, 20));
    expect(findCondition(told.status?.conditions, 'Late')?.reason).toBe('LateLoader');
    const next = { ...told, status: { ...told.status, ...stages(['Dhcp', 40], ['Loader', -20]) } };
    expect(late(at(next, 21))).toMatchObject({ status: 'False', reason: 'OnTime' });
  });

  it('is told a few times only while it stays away', () => {
    const machine = deploying({});
    let known = machine;
    let writes = 0;
    for (let second = 0; second < 500; second += 1) {
      const decision = at(known, second);
      if (isNews(seen(known, inDeployment), decision.status)) writes += 1;
      known = written(known, decision);
    }
    expect(known.status?.phase).toBe('Deploying');
    expect(writes).toBeLessThan(6);
  });
});
