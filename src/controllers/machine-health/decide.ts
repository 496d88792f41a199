import type { ConditionUpdate } from '../../api/conditions.ts';
import { firmwareReasons, hardwareHealthReasons } from '../../api/machine/health.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { describeDrift, driftOf, type Firmware } from '../../domain/firmware/drift.ts';

/**
 * What a machine's health and firmware come to: `HardwareHealthy` and `FirmwareCurrent`. None for a machine of which nothing was
 * ever read, so that a cluster without BMCs that report stays quiet.
 *
 * @param peers of the same pool, vendor and product, without the machine itself
 */
export function decideHealth({ status }: Machine, peers: readonly Machine[]): ConditionUpdate[] {
  const health = status?.health;
  if (health === undefined) return [];
  return [healthOf(health), firmwareOf(health.firmware ?? {}, peers)];
}

function healthOf({
  overall,
  components,
}: NonNullable<NonNullable<Machine['status']>['health']>): ConditionUpdate {
  const named = components.map(({ name, health, message }) =>
    message === undefined ? `${name}: ${health}` : `${name}: ${health} (${message})`,
  );
  const worst = components.some(({ health }) => health === 'Critical') || overall === 'Critical';
  if (worst || overall === 'Warning' || components.length > 0) {
    const more = named.length === 0 ? 'It does not say which; look at the BMC itself.' : named.join('; ');
    return of('HardwareHealthy', 'False', worst ? 'ComponentsCritical' : 'ComponentsDegraded', more);
  }
  if (overall === 'Unknown') return of('HardwareHealthy', 'Unknown', 'HealthNotReported');
  return of('HardwareHealthy', 'True', 'Healthy');
}

function firmwareOf(own: Firmware, peers: readonly Machine[]): ConditionUpdate {
  if (Object.keys(own).length === 0) return of('FirmwareCurrent', 'Unknown', 'FirmwareNotReported');
  const others = peers.map(({ status }) => status?.health?.firmware).filter((each) => each !== undefined);
  if (others.length === 0) return of('FirmwareCurrent', 'Unknown', 'NoPeers');
  const drifts = driftOf(own, others);
  if (drifts.length === 0) return of('FirmwareCurrent', 'True', 'FirmwareSame');
  return of('FirmwareCurrent', 'False', 'FirmwareDrift', `${describeDrift(drifts)}.`);
}

const reasons = { ...hardwareHealthReasons, ...firmwareReasons };

function of(
  type: 'HardwareHealthy' | 'FirmwareCurrent',
  status: ConditionUpdate['status'],
  reason: keyof typeof reasons,
  more?: string,
): ConditionUpdate {
  const message = more === undefined ? reasons[reason] : `${reasons[reason]} ${more}`;
  return { type, status, reason, message: message.slice(0, 4096) };
}
