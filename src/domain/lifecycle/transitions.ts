import { type Phase, rescuedFrom, testedFrom } from './phases.ts';

/** Who or what moves a machine on. */
export type Mover = 'Metalwright' | 'Allocation' | 'MachineAction';

/** One way from a phase to another. `from: undefined`: a machine whose status is empty. */
export interface Transition {
  from: Phase | undefined;
  to: Phase;
  by: Mover;
  when: string;
}

function ways(from: Phase | undefined, rows: readonly (readonly [Phase, Mover, string])[]): Transition[] {
  return rows.map(([to, by, when]) => ({ from, to, by, when }));
}

/** Where an action leads at once; a machine that was Deployed has to boot its disk first. */
const backAtOnce = testedFrom.filter((phase) => phase !== 'Deployed' && phase !== 'Broken');

const broken = ['Broken', 'MachineAction', 'MarkBroken'] as const;

/** Every way that a machine can go; the controller takes no other. */
export const transitions: readonly Transition[] = [
  ...ways(undefined, [
    ['Enlisting', 'Metalwright', 'a rack made it from an unknown machine, and there is no inventory yet'],
    ['New', 'Metalwright', 'a person described it, or its inventory is there'],
    [
      'Deployed',
      'Metalwright',
      'its status was lost, and the Allocation that its annotation names still holds it',
    ],
    [
      'Broken',
      'Metalwright',
      'its status was lost, and the Allocation that its annotation names is not there',
    ],
  ]),
  ...ways('Enlisting', [['New', 'Metalwright', 'its inventory came'], broken]),
  ...ways('New', [
    ['Commissioning', 'Metalwright', 'approved, has a BMC, and was never commissioned'],
    ['Commissioning', 'MachineAction', 'Commission'],
    broken,
  ]),
  ...ways('Commissioning', [
    ['Ready', 'Metalwright', 'the inventory is stored and the machine is off'],
    ['CommissioningFailed', 'Metalwright', 'a step failed or took too long'],
    ['New', 'MachineAction', 'Abort'],
    broken,
  ]),
  ...ways('CommissioningFailed', [['Commissioning', 'MachineAction', 'Commission'], broken]),
  ...ways('Ready', [
    ['Allocated', 'Allocation', 'an Allocation claimed it'],
    ['Commissioning', 'MachineAction', 'Commission'],
    broken,
  ]),
  ...ways('Allocated', [
    ['Deploying', 'Metalwright', 'the image is imported, and the address reserved'],
    ['DeploymentFailed', 'Metalwright', 'the image did not become ready in time'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('Deploying', [
    ['Deployed', 'Metalwright', 'the installed OS phoned home'],
    ['DeploymentFailed', 'Metalwright', 'a step failed or took too long'],
    ['DeploymentFailed', 'MachineAction', 'Abort'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('DeploymentFailed', [['Releasing', 'Allocation', 'the Allocation is deleted'], broken]),
  ...ways('Deployed', [['Releasing', 'Allocation', 'the Allocation is deleted'], broken]),
  ...ways('Releasing', [
    ['Erasing', 'Metalwright', 'the disks are to be erased'],
    ['Ready', 'Metalwright', 'it is off, and the Allocation let it go'],
    ['ReleaseFailed', 'Metalwright', 'it could not be switched off'],
    broken,
  ]),
  ...ways('Erasing', [
    ['Ready', 'Metalwright', 'the disks are erased, it is off, and the Allocation let it go'],
    ['EraseFailed', 'Metalwright', 'a step failed or took too long'],
    ['EraseFailed', 'MachineAction', 'Abort'],
    broken,
  ]),
  ...ways('ReleaseFailed', [['Releasing', 'MachineAction', 'Release'], broken]),
  ...ways('EraseFailed', [['Releasing', 'MachineAction', 'Release'], broken]),
  ...testedFrom.flatMap((from) => ways(from, [['Testing', 'MachineAction', 'Test']])),
  ...rescuedFrom.flatMap((from) => ways(from, [['EnteringRescue', 'MachineAction', 'Rescue']])),
  ...ways('Testing', [
    ['TestingFailed', 'Metalwright', 'a test failed, a step failed or took too long'],
    ...testedFrom.map((to) => [to, 'Metalwright', 'all tests passed, and it was there before'] as const),
    ...backAtOnce.map((to) => [to, 'MachineAction', 'Abort, and it was there before'] as const),
    ['Broken', 'MachineAction', 'MarkBroken, or Abort where it was Broken before'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
  ]),
  ...ways('TestingFailed', [
    ...backAtOnce.map((to) => [to, 'MachineAction', 'Override, and it was there before'] as const),
    ['Broken', 'MachineAction', 'MarkBroken, or Override where it was Broken before'],
    ['Testing', 'MachineAction', 'Test, or Override of a machine that was Deployed'],
    ['EnteringRescue', 'MachineAction', 'Rescue'],
    ['Commissioning', 'MachineAction', 'Commission'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
  ]),
  ...ways('EnteringRescue', [
    ['Rescue', 'Metalwright', 'people may log in'],
    ['RescueEntryFailed', 'Metalwright', 'a step failed or took too long'],
    ['ExitingRescue', 'MachineAction', 'ExitRescue or Abort'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('RescueEntryFailed', [
    ['EnteringRescue', 'MachineAction', 'Rescue'],
    ['ExitingRescue', 'MachineAction', 'ExitRescue'],
    ['Testing', 'MachineAction', 'Test'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('Rescue', [
    ['ExitingRescue', 'MachineAction', 'ExitRescue'],
    ['Testing', 'MachineAction', 'Test'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('ExitingRescue', [
    ...rescuedFrom.map((to) => [to, 'Metalwright', 'it is switched as it was there before'] as const),
    ['RescueExitFailed', 'Metalwright', 'it could not be switched in time'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('RescueExitFailed', [
    ['ExitingRescue', 'MachineAction', 'ExitRescue'],
    ['EnteringRescue', 'MachineAction', 'Rescue'],
    ['Testing', 'MachineAction', 'Test'],
    ['Releasing', 'Allocation', 'the Allocation is deleted'],
    broken,
  ]),
  ...ways('Broken', [
    ['Ready', 'MachineAction', 'MarkFixed, with its hardware known and nothing left to erase'],
    ['New', 'MachineAction', 'MarkFixed, with its hardware unknown'],
    ['Deployed', 'MachineAction', 'MarkFixed, and it was Deployed for the Allocation that still holds it'],
    ['Releasing', 'MachineAction', 'MarkFixed with something left to erase, or Release'],
    ['Commissioning', 'MachineAction', 'Commission'],
    ['Deployed', 'Metalwright', 'the lost Allocation was restored'],
  ]),
];

/** Whether the table has a way; staying is always one. */
export function mayMove(from: Phase | undefined, to: Phase): boolean {
  return from === to || transitions.some((way) => way.from === from && way.to === to);
}
