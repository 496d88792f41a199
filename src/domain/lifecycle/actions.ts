import { type Phase, phaseTable, rescuedFrom, testedFrom } from './phases.ts';

/** What a person may order a machine to do. */
export type ActionName =
  | 'Commission'
  | 'Test'
  | 'Rescue'
  | 'ExitRescue'
  | 'PowerOn'
  | 'PowerOff'
  | 'PowerCycle'
  | 'PowerStatus'
  | 'MarkBroken'
  | 'MarkFixed'
  | 'Override'
  | 'Abort'
  | 'Release'
  | 'Lock'
  | 'Unlock'
  | 'CloneConfiguration'
  | 'RotateBmcCredentials';

/** Where an action may be taken up. */
export interface ActionRule {
  from: readonly Phase[];
  effect: string;
  /**
   * The phases through which an action lasts that is not done at once: until it is out of them the action is Running, and the next
   * one waits.
   */
  lasts?: readonly Phase[];
  /** Phases after those in which it counts as failed. */
  fails?: readonly Phase[];
  /** Does not wait for an action that lasts, but ends it. */
  interrupts?: boolean;
}

const everywhere: readonly Phase[] = phaseTable.map(({ phase }) => phase);

/** Phases in which a boot is under way, and nobody but Metalwright touches the power. */
export const bootingPhases: readonly Phase[] = [
  'Commissioning',
  'Testing',
  'Deploying',
  'Releasing',
  'Erasing',
  'EnteringRescue',
  'Rescue',
  'ExitingRescue',
];
const powerPhases = everywhere.filter((phase) => !bootingPhases.includes(phase));

/** Every action: from which phases, and what it does. A locked machine refuses them all, but Unlock. */
export const actionRules: Readonly<Record<ActionName, ActionRule>> = {
  Commission: {
    from: ['New', 'Ready', 'CommissioningFailed', 'TestingFailed', 'Broken'],
    effect:
      'Boots the ephemeral OS and takes the inventory anew. The machine must be approved, have a BMC and be held by nobody.',
    lasts: ['Commissioning'],
    fails: ['New', 'CommissioningFailed'],
  },
  Test: {
    from: [...testedFrom, 'TestingFailed', 'Rescue', 'RescueEntryFailed', 'RescueExitFailed'],
    effect:
      'Boots the ephemeral OS, which tests the hardware and changes nothing on the disks; then the machine is where it was. One that an Allocation holds stays its own.',
    lasts: ['Testing'],
    fails: ['TestingFailed', 'Releasing'],
  },
  Rescue: {
    from: [...rescuedFrom, 'TestingFailed', 'RescueEntryFailed', 'RescueExitFailed'],
    effect:
      'Boots the ephemeral OS for people to log in by SSH: with the keys of the action, and of the Allocation that holds the machine.',
    lasts: ['EnteringRescue'],
    fails: ['RescueEntryFailed', 'ExitingRescue', 'Releasing'],
  },
  ExitRescue: {
    from: ['EnteringRescue', 'Rescue', 'RescueEntryFailed', 'RescueExitFailed'],
    effect: 'Ends the rescue: a deployed machine boots its disk again, any other is switched off.',
    lasts: ['ExitingRescue'],
    fails: ['RescueExitFailed'],
    interrupts: true,
  },
  PowerOn: { from: powerPhases, effect: 'Switches the machine on; it boots as its firmware is set.' },
  PowerOff: {
    from: powerPhases,
    effect:
      'Switches the machine off. Soft: its OS is asked to, and it is done the hard way when it does not obey.',
  },
  PowerCycle: { from: powerPhases, effect: 'Switches the machine off, soft or hard, and on again.' },
  PowerStatus: { from: [...powerPhases, 'Rescue'], effect: 'Asks the BMC now whether the machine is on.' },
  MarkBroken: {
    from: everywhere.filter((phase) => phase !== 'Broken'),
    effect: 'Takes the machine out of use. An Allocation that holds it goes on holding it.',
    interrupts: true,
  },
  MarkFixed: {
    from: ['Broken'],
    effect:
      'Puts the machine back: Deployed when it was and its Allocation still holds it, Ready when its hardware is known, else New; what was left to erase is erased first.',
  },
  Override: {
    from: ['TestingFailed'],
    effect: 'Puts the machine back to where it was before the test that failed.',
    lasts: ['Testing'],
    fails: ['TestingFailed', 'Releasing'],
  },
  Abort: {
    from: ['Commissioning', 'Testing', 'Deploying', 'Erasing', 'EnteringRescue'],
    effect: 'Stops what is under way. The machine is switched off and does not begin again by itself.',
    lasts: ['ExitingRescue', 'Testing'],
    fails: ['RescueExitFailed', 'TestingFailed'],
    interrupts: true,
  },
  Release: {
    from: ['ReleaseFailed', 'EraseFailed', 'Broken'],
    effect:
      'Releases a machine that failed to be, and that no Allocation holds; its disks are erased as the action says.',
    lasts: ['Releasing', 'Erasing'],
    fails: ['ReleaseFailed', 'EraseFailed', 'Broken'],
  },
  Lock: { from: everywhere, effect: 'Makes the machine refuse every other action, until Unlock.' },
  Unlock: { from: everywhere, effect: 'Takes away what Lock did. What spec.locked locks stays locked.' },
  CloneConfiguration: {
    from: everywhere,
    effect: 'Copies fields of spec to other machines, in the name of the person who orders it.',
  },
  RotateBmcCredentials: {
    from: powerPhases,
    effect:
      "Gives Metalwright's own user on the BMC another password, over the network. Refused where there is none.",
  },
};
