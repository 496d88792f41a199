import type { BmcDriverName } from '../../api/bmc/drivers.ts';
import type { PowerState, PowerTarget } from './driver.ts';
import type { DriverDeps } from './drivers.ts';

/** One node of a chassis, cluster or hypervisor, as its manager lists it. */
export interface ChassisNode {
  /** Its name at the manager, for a person; unique there. */
  name: string;
  /** `spec.bmc.parameters` that make the driver power this node. */
  parameters: Readonly<Record<string, string>>;
  /** Lower case, with colons; those of boot interfaces first where the manager says which. May be empty. */
  macAddresses: readonly string[];
  /** SMBIOS UUID, lower case. */
  systemUuid?: string;
  /** As Metalwright names it: `amd64`, `arm64`. */
  architecture?: string;
  powerState?: PowerState;
}

/**
 * Lists all nodes behind one manager; the target's parameters need only hold what is about the manager itself. Opens and
 * ends its own session.
 * @throws CodedError<PowerErrorCode>; the signal's reason when it is aborted.
 */
export type EnumerateChassis = (
  target: PowerTarget,
  deps: DriverDeps,
  signal: AbortSignal,
) => Promise<readonly ChassisNode[]>;

/** Drivers whose address is that of a manager of many nodes, and how the nodes are listed. */
export type ChassisDrivers = Readonly<Partial<Record<BmcDriverName, EnumerateChassis>>>;

/** `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff` and others, as Metalwright writes them; undefined for what is none, or all zero. */
export function macAddressOf(written: string | undefined): string | undefined {
  const digits = written?.replaceAll(/[:.\-\s]/g, '').toLowerCase() ?? '';
  if (!/^[0-9a-f]{12}$/.test(digits) || digits === '000000000000') return undefined;
  return digits.match(/../g)?.join(':');
}

/** The MAC addresses among texts, each once, in order. */
export function macAddressesOf(written: Iterable<string | undefined>): string[] {
  return [...new Set([...written].map(macAddressOf).filter((mac) => mac !== undefined))];
}
