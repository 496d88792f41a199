import type { Machine } from '../../api/machine/schema.ts';
import { systemUuid } from '../../domain/hardware/system-uuid.ts';
import type { Informers } from '../shared/informers.ts';
import { conditionOf, type Opinion, type Seen, type Twin } from './observed.ts';
import { identityReasons } from './reasons.ts';

const namedAtMost = 8;

/** Other machines with one of its MAC addresses, or its SMBIOS UUID, by name. */
export function twinsOf(machine: Machine, machines: Informers['machines']): Twin[] {
  const others = (index: string, key: string): string[] =>
    machines
      .byIndex(index, key)
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== machine.metadata.name);
  const uuid = systemUuid(machine.status?.hardware?.systemUuid);
  const twins: Twin[] = machine.spec.macAddresses.flatMap((mac) =>
    others('mac', mac).map((name) => ({ machine: name, shares: `MAC address ${mac}`, kind: 'Mac' as const })),
  );
  if (uuid !== undefined)
    twins.push(
      ...others('uuid', uuid).map((name) => ({
        machine: name,
        shares: `SMBIOS UUID ${uuid}`,
        kind: 'Uuid' as const,
      })),
    );
  return twins.sort((a, b) => (a.machine < b.machine ? -1 : a.machine > b.machine ? 1 : 0));
}

/** Whether the machine is the only one of its identity. */
export function identityOf({ twins }: Seen): Opinion<object> {
  if (twins.length === 0)
    return { fields: {}, conditions: [conditionOf('IdentityUnique', 'True', 'Unique', identityReasons)] };
  const reason = twins.some(({ kind }) => kind === 'Mac') ? 'SharedMacAddress' : 'SharedUuid';
  const named = twins.slice(0, namedAtMost).map(({ machine, shares }) => `${machine} (${shares})`);
  const rest = twins.length > namedAtMost ? [`${twins.length - namedAtMost} more`] : [];
  const more = `Shared with: ${[...named, ...rest].join(', ')}. It takes no new Allocation until then.`;
  return {
    fields: {},
    conditions: [conditionOf('IdentityUnique', 'False', reason, identityReasons, more)],
  };
}
