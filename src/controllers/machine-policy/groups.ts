import { effectiveTags } from '../../api/machine/policy.ts';
import { conditionOf, type Opinion, type Seen } from './observed.ts';
import { groupReasons } from './reasons.ts';

const mostTags = 256;
const mostArguments = 256;

/** Whether Zone and Pool are there. */
export function groupsOf({ machine: { spec }, zone, pool }: Seen): Opinion<object> {
  const reason =
    zone !== undefined && pool !== undefined
      ? 'Found'
      : zone !== undefined
        ? 'PoolNotFound'
        : pool !== undefined
          ? 'ZoneNotFound'
          : 'ZoneAndPoolNotFound';
  const more = reason === 'Found' ? '' : `spec.zone is ${spec.zone}, spec.pool is ${spec.pool}.`;
  const status = reason === 'Found' ? 'True' : 'False';
  return { fields: {}, conditions: [conditionOf('ZoneAndPoolFound', status, reason, groupReasons, more)] };
}

/** The tags by expression, and what Zone, Pool and all tags add to the kernel command line. */
export function tagsOf(seen: Seen): { tags?: string[]; kernelArguments?: string[] } {
  const { machine, zone, pool, tags: objects } = seen;
  const automatic = seen.evaluated.slice(0, mostTags);
  const all = effectiveTags({ spec: machine.spec, status: { ...machine.status, tags: [...automatic] } });
  const byName = new Map(objects.map((tag) => [tag.metadata.name, tag.spec.kernelArguments ?? []]));
  const words = [
    ...(zone?.spec.kernelArguments ?? []),
    ...(pool?.spec.kernelArguments ?? []),
    ...all.flatMap((tag) => byName.get(tag) ?? []),
  ].slice(0, mostArguments);
  return {
    ...(automatic.length === 0 ? {} : { tags: [...automatic] }),
    ...(words.length === 0 ? {} : { kernelArguments: words }),
  };
}
