import type { KnownHardware } from '../../api/machine/policy.ts';
import { names } from '../../api/meta.ts';
import { changesBetween, partsOf } from '../../domain/hardware/changes.ts';
import { conditionOf, type Opinion, type Seen } from './observed.ts';
import { hardwareReasons } from './reasons.ts';

const mostNamed = 64;

type Change = NonNullable<KnownHardware['change']>;

/**
 * What came and went since the inventory before. It stays until a person has commissioned the machine again and nothing has
 * changed since, or has accepted this very inventory by the annotation.
 */
export function hardwareChangeOf({
  machine,
  inventory,
}: Seen): Opinion<{ knownHardware?: KnownHardware | undefined }> {
  const before = machine.status?.knownHardware;
  if (inventory === undefined)
    return { fields: { knownHardware: before }, conditions: said(before, machine.metadata.name) };
  const { collectedAt } = inventory;
  const parts = partsOf(inventory.hardware);
  const attempts = machine.status?.commissioned?.attempts ?? 0;
  const accepted = machine.metadata.annotations?.[names.hardwareAccepted] === collectedAt;
  let change = before?.change;
  if (before !== undefined && before.collectedAt !== collectedAt) {
    const { came, went } = changesBetween(before, parts);
    // The first commissioning is nobody's order: it follows approval.
    if (came.length + went.length === 0)
      change = attempts > Math.max(1, change?.attempts ?? 0) ? undefined : change;
    else change = { collectedAt, attempts, came: came.slice(0, mostNamed), went: went.slice(0, mostNamed) };
  }
  if (accepted) change = undefined;
  const knownHardware: KnownHardware = {
    collectedAt,
    nics: [...parts.nics],
    disks: [...parts.disks],
    ...(change === undefined ? {} : { change }),
  };
  return { fields: { knownHardware }, conditions: said(knownHardware, machine.metadata.name) };
}

function said(known: KnownHardware | undefined, machine: string): Opinion<object>['conditions'] {
  if (known === undefined) return [];
  if (known.change === undefined)
    return [conditionOf('HardwareChanged', 'False', 'Unchanged', hardwareReasons)];
  return [
    conditionOf(
      'HardwareChanged',
      'True',
      'PartsChanged',
      hardwareReasons,
      describe(known.change, known.collectedAt, machine),
    ),
  ];
}

function describe({ came, went, collectedAt }: Change, latest: string, machine: string): string {
  const list = (what: string, parts: readonly string[]): string[] =>
    parts.length === 0
      ? []
      : [
          `${what}: ${parts.slice(0, 8).join(', ')}${parts.length > 8 ? ` and ${parts.length - 8} more` : ''}.`,
        ];
  return [
    ...list('Came', came),
    ...list('Went', went),
    `Seen at ${collectedAt}. If that is right, order Commission again, or: kubectl annotate --overwrite machine ${machine} ${names.hardwareAccepted}=${latest}`,
  ].join(' ');
}
