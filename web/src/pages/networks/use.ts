import type { SubnetStatus } from '../../../../src/api/subnet/schema.ts';
import type { VlanSpec } from '../../../../src/api/vlan/schema.ts';
import type { MeterPart } from '../../components/meter.tsx';

type Counts = NonNullable<SubnetStatus['addresses']>;

/** How the addresses of a subnet are shared out, as parts of a bar. An IPv6 subnet has more than a number can hold. */
export function partsOfUse({ total, assigned, dynamic, reserved }: Counts): MeterPart[] {
  const whole = BigInt(total);
  if (whole <= 0n) return [];
  /** Millionths are enough for a bar. */
  const shareOf = (count: bigint): number => Number((count * 1_000_000n) / whole) / 1_000_000;
  return [
    { share: shareOf(BigInt(assigned)), tone: 'accent', title: `${assigned} assigned` },
    { share: shareOf(BigInt(dynamic)), tone: 'busy', title: `${dynamic} for leases` },
    { share: shareOf(BigInt(reserved)), tone: 'quiet', title: `${reserved} reserved` },
  ];
}

/** A count in few digits: a number as it is, a large one as a power of two. */
export function shortCount(decimal: string): string {
  return decimal.length <= 7 ? decimal : `about 2^${Math.round(Math.log2(Number(decimal)))}`;
}

/** What racks do on a VLAN, in words. */
export function dhcpWords({ dhcp }: Pick<VlanSpec, 'dhcp'>): string {
  if (!dhcp.enabled || dhcp.mode === 'None') return 'no DHCP';
  return dhcp.mode === 'Proxy' ? 'DHCP beside another server' : 'DHCP';
}
