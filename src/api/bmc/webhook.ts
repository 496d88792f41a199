import { z } from 'zod';
import type { BmcDriver } from './driver.ts';

/** `spec.bmc.parameters` of the driver `webhook`. */
export const WebhookParameters = z.strictObject({
  onPath: z
    .string()
    .regex(/^\//)
    .describe('Path, with a query if need be, that a POST turns the machine on by.'),
  offPath: z.string().regex(/^\//).describe('Path that a POST turns the machine off by.'),
  queryPath: z.string().regex(/^\//).describe('Path that a GET asks for the power state by.'),
  onPattern: z
    .string()
    .default('status.*:.*running')
    .describe('Regular expression that is found in the answer of a machine that is on.'),
  offPattern: z
    .string()
    .default('status.*:.*stopped')
    .describe('Regular expression that is found in the answer of a machine that is off.'),
});
export type WebhookParameters = z.infer<typeof WebhookParameters>;

export const webhook = {
  title: 'any service that switches power by HTTP requests',
  address: 'Url',
  can: [],
  secret: { required: [], optional: ['username', 'password', 'token'] },
  parameters: WebhookParameters,
} as const satisfies BmcDriver;
