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
  {
    phase: 'DeploymentFailed',
    maas: 'Failed deployment',
    meaning: 'The image could not be installed, or did not start.',
  },
  { phase: 'ReleaseFailed', maas: 'Releasing failed', meaning: 'It could not be switched off.' },
  { phase: 'EraseFailed', maas: 'Failed disk erasing', meaning: 'Its disks may still hold data.' },
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
} as const satisfies Partial<Record<Phase, Phase>>;
