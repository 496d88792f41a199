import { z } from 'zod';
import { Timestamp } from '../fields.ts';
import { mostReaches, PowerTry } from './bmc-reach.ts';

export const powerStates = ['On', 'Off', 'Unknown'] as const;

/** The operator's wish to a BMC, written before anything is done: the fence of every power action. */
export const PowerRequest = z.object({
  id: z.string().max(128),
  action: z.enum(['On', 'Off', 'Cycle', 'Status']),
  mode: z
    .enum(['Soft', 'Hard'])
    .optional()
    .describe('How it is switched off. Soft: the OS is asked to; hard after a while. Default: Hard.'),
  boot: z.enum(['Network', 'UefiHttp', 'Disk', 'VirtualMedia']).optional(),
  requestedAt: Timestamp,
});
export type PowerRequest = z.infer<typeof PowerRequest>;

/** A rack's account of a power request: claimed before the first effect, and ended with an outcome. */
export const PowerResult = z.object({
  id: z.string().max(128).describe('The id of the request.'),
  rack: z.string().max(253),
  step: z
    .enum(['SoftOff', 'Off', 'BootDevice', 'On'])
    .optional()
    .describe('The step under way, recorded before its effect.'),
  outcome: z
    .enum(['Running', 'HandedOver', 'Succeeded', 'Failed'])
    .describe('HandedOver: the BMC did not answer this rack; another one is to go on.'),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  tried: z
    .array(PowerTry)
    .max(mostReaches)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('The racks that the BMC did not answer, in their order.'),
  startedAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type PowerResult = z.infer<typeof PowerResult>;
