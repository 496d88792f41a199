import { z } from 'zod';
import { BmcReport, BmcRotation, BmcRotationResult, BmcSetupState, FoundBmc } from '../bmc/setup.ts';
import {
  Conditions,
  IpAddress,
  Label,
  MacAddress,
  ObjectName,
  ObservedGeneration,
  Timestamp,
} from '../fields.ts';
import { BmcReach } from './bmc-reach.ts';
import { BootIntent, BootProgress } from './boot.ts';
import { HardwareSummary } from './hardware.ts';
import { HardwareHealth } from './health.ts';
import { MachinePhase } from './phases.ts';
import { policyStatus } from './policy.ts';
import { PowerRequest, PowerResult, powerStates } from './power.ts';
import { TaskIntent, TaskResult } from './task.ts';
import { Timeline } from './timeline.ts';
import { VirtualMediaState } from './virtual-media.ts';

export const AllocationReference = z.object({
  namespace: Label,
  name: ObjectName,
  uid: z.string().max(36),
});
export type AllocationReference = z.infer<typeof AllocationReference>;

export const MachineStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  phase: MachinePhase.optional().describe('Where it is in its life.'),
  phaseSince: Timestamp.optional().describe('When it came into the phase.'),
  step: z
    .string()
    .max(64)
    .optional()
    .describe('Where within the phase: a name of the phase file that acts on it.'),
  stepSince: Timestamp.optional().describe('When it came to the step.'),
  conditions: Conditions.optional(),
  timeline: Timeline.optional().describe('The story of its present boot, or of its last one.'),
  failure: z
    .object({ reason: z.string().max(64), message: z.string().max(2048) })
    .optional()
    .describe('Why the machine is in a failed phase.'),
  returnTo: z
    .object({
      phase: MachinePhase,
      failure: z.object({ reason: z.string().max(64), message: z.string().max(2048) }).optional(),
      wasDeployed: z.boolean().optional().describe('It was Deployed before it was Broken.'),
    })
    .optional()
    .describe('Where it was before it was tested, rescued or marked broken, and goes back to.'),
  locked: z.boolean().optional().describe('Locked by a MachineAction; spec.locked locks it, too.'),
  hardware: HardwareSummary.optional().describe(
    'What it is made of, in short. The MachineInventory of the same name has it all.',
  ),
  powerState: z.enum(powerStates).optional().describe('As its BMC last said.'),
  addresses: z
    .array(z.object({ address: IpAddress, mac: MacAddress.optional(), subnet: z.string().max(253) }))
    .max(32)
    .optional()
    .describe('Its IP addresses.'),
  ...policyStatus,
  allocation: AllocationReference.optional().describe('The Allocation that holds the machine.'),
  release: z
    .object({ allocationUid: z.string().max(36), erase: z.enum(['None', 'Quick', 'Full']) })
    .optional()
    .describe('Taken over from the Allocation when it went.'),
  boot: BootIntent.optional().describe('What it shall do when it next boots.'),
  bootProgress: BootProgress.optional().describe('How far racks saw it come in its last network boot.'),
  task: TaskIntent.optional().describe('What the agent on it shall do.'),
  taskResult: TaskResult.optional().describe('What the agent last said of its task.'),
  power: z
    .object({
      request: PowerRequest.optional().describe('What its BMC shall do.'),
      result: PowerResult.optional().describe('What a rack made of it.'),
    })
    .optional()
    .describe('The last order to its BMC.'),
  powerWish: z
    .object({
      state: z.enum(['On', 'Off']),
      allocationUid: z.string().max(36),
    })
    .optional()
    .describe("The owner's wish, Allocation.spec.powerState, that was last given to the BMC."),
  bmcReach: BmcReach.optional().describe('Which racks reach its BMC, as far as they have tried.'),
  bmc: FoundBmc.optional().describe('The BMC that was found and set up while it was commissioned.'),
  bmcReport: BmcReport.optional().describe('How far the agent is with setting up the BMC.'),
  bmcSetup: BmcSetupState.optional().describe('What the operator made of that.'),
  bmcRotation: BmcRotation.optional().describe('Another password for the BMC that is to be set.'),
  bmcRotationResult: BmcRotationResult.optional().describe('What a rack made of that.'),
  health: HardwareHealth.optional().describe('What racks read of its BMC: health, firmware, Secure Boot.'),
  virtualMedia: VirtualMediaState.optional().describe(
    'The ISO that is, or is about to be, in its virtual drive. Gone when it was ejected.',
  ),
  action: z
    .object({
      name: ObjectName,
      uid: z.string().max(36),
      action: z.string().max(32).optional(),
      outcome: z.enum(['Running', 'Succeeded', 'Failed', 'Refused']),
      message: z.string().max(1024),
    })
    .optional()
    .describe('The last MachineAction that was taken up.'),
  commissioned: z
    .object({ attempts: z.int().min(0), lastAt: Timestamp.optional() })
    .optional()
    .describe('How often it was commissioned, and when last.'),
  phoneHomeTokenHash: z
    .string()
    .max(64)
    .optional()
    .describe('SHA-256, lower-case hex, of the token of this deployment.'),
});
export type MachineStatus = z.infer<typeof MachineStatus>;
