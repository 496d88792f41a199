import { z } from 'zod';
import type { Kubectl } from '../../../lab/kube/kubectl.ts';

const Event = z.object({
  reason: z.string(),
  type: z.string(),
  note: z.string().default(''),
  regarding: z
    .object({ kind: z.string().default(''), name: z.string().default('') })
    .default({ kind: '', name: '' }),
});
type Event = z.infer<typeof Event>;

/** The Events about an object. */
export async function eventsAbout(kubectl: Kubectl, name: string): Promise<Event[]> {
  const events = await kubectl.list((raw) => Event.parse(raw), 'events.events.k8s.io');
  return events.filter(({ regarding }) => regarding.name === name);
}

const Command = z.object({
  msg: z.literal('power command'),
  machine: z.string(),
  powerRequest: z.string(),
  step: z.string(),
});

/** How often a rack sent each step of each power request to a BMC, by its log. */
export function powerCommands(log: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of log.split('\n')) {
    if (!line.includes('"power command"')) continue;
    const { machine, powerRequest, step } = Command.parse(JSON.parse(line));
    const key = `${machine} ${powerRequest} ${step}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
