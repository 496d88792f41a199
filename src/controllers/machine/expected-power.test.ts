import { describe, expect, it } from 'vitest';
import { findCondition } from '../../api/conditions.ts';
import type { PowerResult } from '../../api/machine/power.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { ago, aMachine, anAllocation, anImage, reference, seen, testNow } from './testing/builders.ts';
import { decideAt } from './testing/decisions.ts';

const uid = 'allocation-uid';
const deployed: MachineStatus = {
  ...{ phase: 'Deployed', phaseSince: ago(6000), allocation: reference, powerState: 'On' },
  boot: { generation: 2, target: 'Disk' },
  bootProgress: { generation: 2, stage: 'Finished', at: ago(5000), rack: 'r1' },
};
const idle: MachineStatus = { phase: 'Ready', phaseSince: ago(6000), powerState: 'Off' };

function held(
  status: MachineStatus,
  powerState?: 'On' | 'Off',
  generation = 1,
  spec: Partial<Machine['spec']> = {},
) {
  const allocation = anAllocation(
    powerState === undefined ? {} : { powerState },
    { generation },
    { phase: 'Deployed', machine: 'm1', machineUid: 'machine-uid' },
  );
  return seen(aMachine(status, spec), { allocation, image: anImage() });
}

const wish = (state: 'On' | 'Off') => ({ powerWish: { state, allocationUid: uid } });
const done = (id: string, outcome: PowerResult['outcome'], message = 'done'): MachineStatus['power'] => ({
  request: { id, action: 'Off', mode: 'Soft', requestedAt: ago(60) },
  result: { id, rack: 'r1', outcome, message, startedAt: ago(60), finishedAt: ago(30) },
});
const condition = (decision: ReturnType<typeof decideAt>) =>
  findCondition(decision.status.conditions, 'PowerAsExpected');
const reasons = ({ events }: ReturnType<typeof decideAt>) => events.map(({ reason }) => reason);

describe("the owner's wish for power", () => {
  it('is on, unless said otherwise, and orders nothing', () => {
    const { status, events } = decideAt(held(deployed));
    expect(status).toMatchObject(wish('On'));
    expect(status.power).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('is given to the BMC when it changes to off: the OS is asked first', () => {
    const decision = decideAt(held({ ...deployed, ...wish('On') }, 'Off', 2));
    expect(decision.status.power?.request).toMatchObject({ id: `${uid}-2-Off`, action: 'Off', mode: 'Soft' });
    expect(decision.status).toMatchObject(wish('Off'));
    expect(reasons(decision)).toEqual(['PowerWished']);
  });

  it('is given once: neither a second look nor a failure orders it again', () => {
    for (const outcome of ['Running', 'Failed', 'Succeeded'] as const) {
      const power = done(`${uid}-2-Off`, outcome);
      const { status } = decideAt(held({ ...deployed, ...wish('Off'), power }, 'Off', 2));
      expect(status.power?.request).toEqual(power?.request);
    }
  });

  it('is given when it changes back to on', () => {
    const { status } = decideAt(held({ ...deployed, ...wish('Off'), powerState: 'Off' }, 'On', 3));
    expect(status.power?.request).toMatchObject({ id: `${uid}-3-On`, action: 'On' });
    expect(status.power?.request?.mode).toBeUndefined();
  });

  it.each<[string, MachineStatus, Partial<Machine['spec']>]>([
    ['while cloud-init runs', { ...deployed, phaseSince: ago(5), bootProgress: undefined }, {}],
    ['while the machine is locked', deployed, { locked: true }],
    ['while another order is under way', { ...deployed, power: done('other', 'Running') }, {}],
    ['to a machine that people switch', deployed, { bmc: { driver: 'manual' } }],
  ])('is not given %s', (_sentence, status, spec) => {
    const { power } = decideAt(held(status, 'Off', 1, spec)).status;
    expect(power?.request?.id).toBe(status.power?.request?.id);
  });

  it('is forgotten with the deployment', () => {
    const { status } = decideAt(seen(aMachine({ ...idle, ...wish('Off') })));
    expect(status.powerWish).toBeUndefined();
  });
});

describe('PowerAsExpected', () => {
  it.each<[string, ReturnType<typeof held>, string]>([
    ['a deployed machine that is on', held({ ...deployed, ...wish('On') }), 'True PowerAsExpected'],
    [
      'one that a person switched off',
      held({ ...deployed, ...wish('On'), powerState: 'Off' }),
      'False SwitchedOff',
    ],
    [
      'one that is off as its owner wants it',
      held({ ...deployed, ...wish('Off'), powerState: 'Off' }, 'Off'),
      'True PowerAsExpected',
    ],
    [
      'one that a person switched on all the same',
      held({ ...deployed, ...wish('Off') }, 'Off'),
      'False SwitchedOn',
    ],
    ['an idle machine that is off', seen(aMachine(idle)), 'True PowerAsExpected'],
    [
      'an idle machine that a person switched on',
      seen(aMachine({ ...idle, powerState: 'On' })),
      'False SwitchedOn',
    ],
    [
      'one whose BMC does not answer',
      seen(aMachine({ ...idle, powerState: 'Unknown' })),
      'Unknown PowerNotSeen',
    ],
    [
      'one that is being switched',
      seen(aMachine({ ...idle, power: done('a', 'Running') })),
      'Unknown PowerChanging',
    ],
    [
      'one whose BMC refused the wish',
      held({ ...deployed, ...wish('Off'), power: done(`${uid}-1-Off`, 'Failed') }, 'Off'),
      'False PowerOrderFailed',
    ],
  ])('of %s', (_sentence, observed, expected) => {
    const found = condition(decideAt(observed));
    expect(`${found?.status} ${found?.reason}`).toBe(expected);
  });

  it('is not there where people switch the machine, or left it on to log in', () => {
    expect(
      condition(decideAt(seen(aMachine({ ...idle, powerState: 'On' }, { bmc: { driver: 'manual' } })))),
    ).toBeUndefined();
    const task = { id: 't', generation: 1, kind: 'Inventory' as const, enableSsh: true };
    expect(condition(decideAt(seen(aMachine({ ...idle, powerState: 'On', task }))))).toBeUndefined();
  });

  it('tells once, says what is expected, what is seen and since when, and orders nothing', () => {
    const first = decideAt(held({ ...deployed, ...wish('On'), powerState: 'Off' }));
    expect(reasons(first)).toEqual(['SwitchedOff']);
    expect(condition(first)?.message).toContain(
      'Expected On (Allocation default/web wants it so), seen Off since',
    );
    expect(first.status.power).toBeUndefined();
    const { conditions } = first.status;
    const again = decideAt(held({ ...deployed, ...wish('On'), powerState: 'Off', conditions }), 600);
    expect(reasons(again)).toEqual([]);
    expect(condition(again)).toEqual(condition(first));
    expect(condition(again)?.message).toContain(`since ${new Date(testNow).toISOString().slice(0, 19)}Z`);
    const back = decideAt(held({ ...deployed, ...wish('On'), conditions }), 900);
    expect(reasons(back)).toEqual(['PowerAsExpected']);
  });
});
