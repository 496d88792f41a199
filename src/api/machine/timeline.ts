import { z } from 'zod';
import { MacAddress, Timestamp } from '../fields.ts';

/** What racks see of a machine between power-on and its installed OS, in order. Some boots skip some. */
export const bootStages = [
  'Dhcp',
  'Loader',
  'Kernel',
  'Network',
  'Agent',
  'Restarting',
  'Restarted',
  'OsDhcp',
  'PhonedHome',
  'Finished',
] as const;
export const BootStage = z.enum(bootStages);
export type BootStage = z.infer<typeof BootStage>;

/** A stage of a boot, when it was first seen. */
export const SeenStage = z.object({
  stage: BootStage,
  at: Timestamp.describe("By the rack's clock."),
  rack: z.string().max(253).optional().describe('Who saw it.'),
  mac: MacAddress.optional(),
});
export type SeenStage = z.infer<typeof SeenStage>;

export const SeenStages = z
  .array(SeenStage)
  .max(bootStages.length)
  .describe('Every stage that was seen in this boot generation, once, as it was seen first.');

/** The most steps of a task that are kept. */
export const maxTaskSteps = 16;

/** A step of the agent's task, when it was first heard of. */
export const TaskStep = z.object({
  step: z.string().max(128),
  at: Timestamp.describe("By the rack's clock."),
});
export type TaskStep = z.infer<typeof TaskStep>;

export const TaskSteps = z
  .array(TaskStep)
  .max(maxTaskSteps)
  .describe('The steps that the agent has begun, once each; the first of them where there are many.');

/** The most entries of a timeline. */
export const maxTimelineEntries = 32;

export const TimelineEntry = z.object({
  step: z.string().max(64).describe('One of docs/reference/timeline.md.'),
  at: Timestamp.describe('By the clock of who saw it.'),
  durationSeconds: z.number().min(0).describe('Since the step before; 0 for the first.'),
  detail: z.string().max(256).optional(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** The story of one boot generation. */
export const Timeline = z.object({
  generation: z.int().min(0).describe('The boot generation.'),
  work: z.string().max(32).describe('What it boots for: a kind of task.'),
  awaited: z.string().max(64).optional().describe('The step that is to come next; absent when it is over.'),
  steps: z.array(TimelineEntry).max(maxTimelineEntries),
});
export type Timeline = z.infer<typeof Timeline>;
