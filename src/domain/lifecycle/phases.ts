/** One phase of a machine's life: its name here, its name in MAAS, and what it means. */
export interface PhaseRow {
  phase: string;
  /** The MAAS `status_name`; a machine that only enlists is no machine yet in MAAS. */
  maas: string;
  meaning: string;
}

/** Every phase, in the order of a machine's life; those aside of it last. */
export const phaseTable = [
  { phase: 'Enlisting', maas: 'New', meaning: 'It booted unasked, and its inventory is awaited.' },
  { phase: 'New', maas: 'New', meaning: 'Known, and waits to be commissioned.' },
  {
    phase: 'Commissioning',
    maas: 'Commissioning',
    meaning: 'Boots the ephemeral OS, which finds out what hardware it is.',
  },
  {
    phase: 'Testing',
    maas: 'Testing',
    meaning: 'Boots the ephemeral OS, which tests the hardware and changes nothing on the disks.',
  },
  { phase: 'Ready', maas: 'Ready', meaning: 'Its hardware is known and nobody holds it.' },
  {
    phase: 'Allocated',
    maas: 'Allocated',
    meaning: 'An Allocation holds it; image and address are awaited.',
  },
  { phase: 'Deploying', maas: 'Deploying', meaning: 'The image is written and boots for the first time.' },
  { phase: 'Deployed', maas: 'Deployed', meaning: 'The installed OS has said that it runs.' },
  {
    phase: 'Releasing',
    maas: 'Releasing',
    meaning: 'Its Allocation goes; it is switched off or handed on to be erased.',
  },
  { phase: 'Erasing', maas: 'Disk erasing', meaning: 'Boots the ephemeral OS, which erases the disks.' },
  {
    phase: 'CommissioningFailed',
    maas: 'Failed commissioning',
    meaning: 'Its hardware could not be found out.',
  },
  { phase: 'TestingFailed', maas: 'Failed testing', meaning: 'A test failed, or did not end.' },
  {
    phase: 'DeploymentFailed',
    maas: 'Failed deployment',
    meaning: 'The image could not be installed, or did not start.',
  },
  { phase: 'ReleaseFailed', maas: 'Releasing failed', meaning: 'It could not be switched off.' },
  { phase: 'EraseFailed', maas: 'Failed disk erasing', meaning: 'Its disks may still hold data.' },
  {
    phase: 'EnteringRescue',
    maas: 'Entering rescue mode',
    meaning: 'Boots the ephemeral OS, for people to log in.',
  },
  { phase: 'Rescue', maas: 'Rescue mode', meaning: 'People may log in to the ephemeral OS by SSH.' },
  {
    phase: 'ExitingRescue',
    maas: 'Exiting rescue mode',
    meaning: 'Goes back to where it was: a deployed machine boots its disk, any other is switched off.',
  },
  {
    phase: 'RescueEntryFailed',
    maas: 'Failed to enter rescue mode',
    meaning: 'Nobody can log in to it for rescue.',
  },
  {
    phase: 'RescueExitFailed',
    maas: 'Failed to exit rescue mode',
    meaning: 'It could not be switched to where it was.',
  },
  { phase: 'Broken', maas: 'Broken', meaning: 'Taken out of use until a person says that it is mended.' },
] as const satisfies readonly PhaseRow[];

/** A machine's phase. */
export type Phase = (typeof phaseTable)[number]['phase'];

/** The failed phase that a phase ends in when it cannot go on. */
export const failedPhaseOf = {
  Commissioning: 'CommissioningFailed',
  Allocated: 'DeploymentFailed',
  Deploying: 'DeploymentFailed',
  Releasing: 'ReleaseFailed',
  Erasing: 'EraseFailed',
  Testing: 'TestingFailed',
  EnteringRescue: 'RescueEntryFailed',
  ExitingRescue: 'RescueExitFailed',
} as const satisfies Partial<Record<Phase, Phase>>;

/** Phases in which a machine is away from where it was: `status.returnTo` says where that is. */
export const awayPhases = [
  'Testing',
  'TestingFailed',
  'EnteringRescue',
  'RescueEntryFailed',
  'Rescue',
  'ExitingRescue',
  'RescueExitFailed',
] as const satisfies readonly Phase[];

/** Whether a machine in the phase is away from where it was. */
export function isAway(phase: Phase | undefined): boolean {
  return awayPhases.some((away) => away === phase);
}

/** Where a machine may be tested: from everywhere that nothing is under way. It goes back there. */
export const testedFrom = [
  'New',
  'CommissioningFailed',
  'Ready',
  'Deployed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'Broken',
] as const satisfies readonly Phase[];

/** Where a machine may be rescued. It goes back there. */
export const rescuedFrom = [
  'New',
  'CommissioningFailed',
  'Ready',
  'Deployed',
  'DeploymentFailed',
  'EraseFailed',
  'Broken',
] as const satisfies readonly Phase[];
