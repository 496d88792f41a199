import { excess, type Quota } from '../quota/quota.ts';
import { countReasons, largestHas, list } from './explain.ts';
import { diskMatcher } from './match-disks.ts';
import type { Candidate, DiskRequirement, PlacementConstraints, PlacementImage, Wanted } from './types.ts';

/** One question to every machine, and what to say when it took some out. */
export interface Constraint {
  /** As a person wrote it: `memoryMiB >= 65536`. */
  label: string;
  admits(candidate: Candidate): boolean;
  /** What else is worth knowing of those it took out. */
  detail?(removed: readonly Candidate[]): string;
}

/**
 * The constraints of a wish in the order in which they are tried and explained: which machines are meant, what they are,
 * and last whether they are free and within the quotas, so that the explanation ends with the machines that would do.
 */
export function constraintsOf({ constraints, image, quotas = [] }: Wanted): Constraint[] {
  return [
    ...location(constraints),
    ...architecture(constraints, image),
    ...hardware(constraints),
    ...rootDisk(image),
    ...tags(constraints),
    ...availability,
    ...quotas.map(withinQuota),
  ];
}

function location({ machine, pool, zone }: PlacementConstraints): Constraint[] {
  return [
    ...when(machine, (name) => ({
      label: `machine = ${name}`,
      admits: (candidate) => candidate.name === name,
    })),
    ...when(pool, (name) => ({
      label: `pool = ${name}`,
      admits: (candidate) => candidate.pool === name,
      detail: (removed) => `theirs: ${list(removed.map((candidate) => candidate.pool))}`,
    })),
    ...when(zone, (name) => ({
      label: `zone = ${name}`,
      admits: (candidate) => candidate.zone === name,
      detail: (removed) => `theirs: ${list(removed.map((candidate) => candidate.zone))}`,
    })),
  ];
}

function architecture(wanted: PlacementConstraints, image: PlacementImage | undefined): Constraint[] {
  return [
    ...when(image?.architecture, (name) => ({
      label: `image's architecture = ${name}`,
      admits: (candidate) => candidate.architecture === name,
    })),
    ...when(wanted.architecture, (name) => ({
      label: `architecture = ${name}`,
      admits: (candidate) => candidate.architecture === name,
    })),
  ];
}

function hardware({ cores, memoryMiB, nics, disks }: PlacementConstraints): Constraint[] {
  return [
    ...when(cores, (least) => atLeast('cores', least, (candidate) => candidate.cores)),
    ...when(memoryMiB, (least) => atLeast('memoryMiB', least, (candidate) => candidate.memoryMiB)),
    ...when(nics, (least) => atLeast('nics', least, (candidate) => candidate.nics)),
    ...when(disks?.length === 0 ? undefined : disks, (requirements) => {
      const matches = diskMatcher(requirements);
      return {
        label: `disks: ${requirements.map(describeDisks).join(', ')}`,
        admits: (candidate) => matches(candidate.disks),
      };
    }),
  ];
}

function describeDisks({ count, kind, minSizeBytes }: DiskRequirement): string {
  const size = minSizeBytes === undefined ? '' : ` >= ${minSizeBytes} bytes`;
  return `${count} x ${kind ?? 'any'}${size}`;
}

function rootDisk(image: PlacementImage | undefined): Constraint[] {
  return when(image?.rawSizeBytes, (size) =>
    atLeast("image's size: a disk", size, (candidate) =>
      candidate.disks.reduce((largest, disk) => Math.max(largest, disk.sizeBytes), 0),
    ),
  );
}

function tags({ tags: wanted = [], notTags: unwanted = [] }: PlacementConstraints): Constraint[] {
  const missing = (candidate: Candidate): string[] => wanted.filter((tag) => !candidate.tags.includes(tag));
  const excess = (candidate: Candidate): string[] => unwanted.filter((tag) => candidate.tags.includes(tag));
  return [
    ...when(wanted.length === 0 ? undefined : wanted, (all) => ({
      label: `tags: ${all.join(', ')}`,
      admits: (candidate) => missing(candidate).length === 0,
      detail: (removed) => `they lack ${countReasons(removed.flatMap(missing))}`,
    })),
    ...when(unwanted.length === 0 ? undefined : unwanted, (all) => ({
      label: `notTags: ${all.join(', ')}`,
      admits: (candidate) => excess(candidate).length === 0,
      detail: (removed) => `they have ${countReasons(removed.flatMap(excess))}`,
    })),
  ];
}

const availability: readonly Constraint[] = [
  { label: 'not in maintenance', admits: (candidate) => !candidate.maintenance },
  { label: 'not locked', admits: (candidate) => !candidate.locked },
  {
    label: 'available',
    admits: (candidate) => candidate.available,
    detail: (removed) =>
      `they are ${countReasons(removed.map((candidate) => candidate.unavailableReason ?? 'not Ready'))}`,
  },
];

const quotaLabel = 'quota ';

/** Whether a label of {@link constraintsOf} is that of a quota. */
export function isQuota(label: string): boolean {
  return label.startsWith(quotaLabel);
}

function withinQuota(quota: Quota): Constraint {
  const pool = quota.pool === undefined ? '' : ` of pool ${quota.pool}`;
  return {
    label: `${quotaLabel}${quota.name}${pool}`,
    admits: (candidate) => excess(quota, candidate) === undefined,
    detail: (removed) => list(removed.flatMap((candidate) => excess(quota, candidate) ?? [])),
  };
}

function atLeast(name: string, least: number, measure: (candidate: Candidate) => number): Constraint {
  return {
    label: `${name} >= ${least}`,
    admits: (candidate) => measure(candidate) >= least,
    detail: (removed) => largestHas(removed, measure),
  };
}

function when<T>(value: T | undefined, make: (value: T) => Constraint): Constraint[] {
  return value === undefined ? [] : [make(value)];
}
