import { createHash } from 'node:crypto';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import type { Lease } from '../../kube/core-resources.ts';
import { microTime } from '../../kube/election.ts';

/** On every Lease of a slice, with the value `true`. */
export const sliceLabel = 'metalwright.dev/slice';
const acquisitionNote = 'metalwright.dev/acquisition';
const promisedNote = 'metalwright.dev/promised-seconds';
const subnetNote = 'metalwright.dev/subnet';
const rangeNote = 'metalwright.dev/addresses';

/** What the Lease of a slice says. */
export interface SliceRecord {
  /** Name of the rack; empty: nobody has it. */
  holder: string;
  /** Identifies one taking of the slice: the log of a rack that has not this id knows nothing of the slice. */
  acquisition: string;
  /** How long it lasts without renewal. */
  termSeconds: number;
  /** No client was promised an address of it for longer than this, counted from the end of the term. 0: nobody has one. */
  promisedSeconds: number;
}

/** Of a Lease whose annotations somebody has taken away. */
const unknownPromise = 24 * 3600;
const unknownTerm = 60;

/** Reads a Lease; what is missing is taken for the worst. */
export function readSliceLease(lease: Lease): SliceRecord {
  const { holderIdentity = '', leaseDurationSeconds = unknownTerm } = lease.spec ?? {};
  const notes = lease.metadata.annotations ?? {};
  const promised = Number(notes[promisedNote] ?? Number.NaN);
  return {
    holder: holderIdentity,
    acquisition: notes[acquisitionNote] ?? '',
    termSeconds: leaseDurationSeconds,
    promisedSeconds: Number.isSafeInteger(promised) && promised >= 0 ? promised : unknownPromise,
  };
}

/** Which slice a Lease is about. */
export interface SliceIdentity {
  /** Name of the Lease. */
  name: string;
  subnet: string;
  first: number;
  last: number;
}

/** Name of the Lease of a slice. One name for one block of addresses in a VLAN, whatever the subnet is called. */
export function sliceLeaseName(vlan: string, first: number, last: number): string {
  const digest = createHash('sha256').update(vlan).digest('hex').slice(0, 8);
  return `slice-${digest}-${ipv4FromNumber(first)}-${ipv4FromNumber(last)}`;
}

/** The Lease to write. @param previous as it was last seen: its resource version is the precondition. @param epochMs for people */
export function writeSliceLease(
  slice: SliceIdentity,
  record: SliceRecord,
  { namespace, previous, epochMs }: { namespace: string; previous: Lease | undefined; epochMs: number },
): Lease {
  const before = previous?.spec;
  const taken = previous === undefined || readSliceLease(previous).acquisition !== record.acquisition;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...previous?.metadata,
      name: slice.name,
      namespace,
      labels: { ...previous?.metadata.labels, [sliceLabel]: 'true' },
      annotations: {
        ...previous?.metadata.annotations,
        [acquisitionNote]: record.acquisition,
        [promisedNote]: String(record.promisedSeconds),
        [subnetNote]: slice.subnet,
        [rangeNote]: `${ipv4FromNumber(slice.first)}-${ipv4FromNumber(slice.last)}`,
      },
    },
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.termSeconds,
      renewTime: microTime(epochMs),
      acquireTime: taken ? microTime(epochMs) : (before?.acquireTime ?? microTime(epochMs)),
      leaseTransitions: (before?.leaseTransitions ?? 0) + (taken && previous !== undefined ? 1 : 0),
    },
  };
}
