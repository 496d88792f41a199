import type { Phase } from './phases.ts';

/** What a person may order a machine to do. */
export type ActionName =
  | 'Commission'
  | 'PowerOn'
  | 'PowerOff'
  | 'PowerCycle'
  | 'MarkBroken'
  | 'MarkFixed'
  | 'Abort'
  | 'Release';

/** Where an action may be taken up. */
export interface ActionRule {
  from: readonly Phase[];
  effect: string;
}

/** Phases in which a boot is under way and nobody but Metalwright touches the power. */
const powerPhases: readonly Phase[] = [
  'Enlisting',
  'New',
  'Ready',
  'Allocated',
  'Deployed',
  'CommissioningFailed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'Broken',
];

/** Every action: from which phases, and what it does. A locked machine refuses them all. */
export const actionRules: Readonly<Record<ActionName, ActionRule>> = {
  Commission: {
    from: ['New', 'Ready', 'CommissioningFailed', 'Broken'],
    effect:
      'Boots the ephemeral OS and takes the inventory anew. The machine must be approved, have a BMC and be held by nobody.',
  },
  PowerOn: { from: powerPhases, effect: 'Switches the machine on; it boots as its firmware is set.' },
  PowerOff: { from: powerPhases, effect: 'Switches the machine off, hard.' },
  PowerCycle: { from: powerPhases, effect: 'Switches the machine off and on again.' },
  MarkBroken: {
    from: [
      'Enlisting',
      'New',
      'Commissioning',
      'Ready',
      'Allocated',
      'Deploying',
      'Deployed',
      'Releasing',
      'Erasing',
      'CommissioningFailed',
      'DeploymentFailed',
      'ReleaseFailed',
      'EraseFailed',
    ],
    effect: 'Takes the machine out of use. Refused while it is Deployed and an Allocation holds it.',
  },
  MarkFixed: {
    from: ['Broken'],
    effect:
      'Puts the machine back: Ready when its hardware is known, else New; what was left to erase is erased first.',
  },
  Abort: {
    from: ['Commissioning', 'Deploying', 'Erasing'],
    effect: 'Stops what is under way. The machine is switched off and does not begin again by itself.',
  },
  Release: {
    from: ['ReleaseFailed', 'EraseFailed', 'Broken'],
    effect: 'Releases and erases a machine that failed to be, and that no Allocation holds.',
  },
};
