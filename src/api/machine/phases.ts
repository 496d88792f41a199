import { z } from 'zod';

export const machinePhases = [
  'Enlisting',
  'New',
  'Commissioning',
  'CommissioningFailed',
  'Testing',
  'TestingFailed',
  'Ready',
  'Allocated',
  'Deploying',
  'DeploymentFailed',
  'Deployed',
  'Releasing',
  'ReleaseFailed',
  'Erasing',
  'EraseFailed',
  'EnteringRescue',
  'RescueEntryFailed',
  'Rescue',
  'ExitingRescue',
  'RescueExitFailed',
  'Broken',
] as const;
export const MachinePhase = z.enum(machinePhases);
export type MachinePhase = z.infer<typeof MachinePhase>;
