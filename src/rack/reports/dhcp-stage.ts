import type { Machine } from '../../api/machine/schema.ts';
import type { BootStage } from '../../api/machine/timeline.ts';
import type { DhcpSighting } from '../dhcp4/ports.ts';

/**
 * What an address given by DHCP says of a machine's boot: by who asks, firmware or an OS, and by what the machine boots.
 * undefined: nothing, as the OS that still runs before the machine is switched off renews its lease.
 */
export function dhcpStage({ status }: Machine, client: DhcpSighting['client']): BootStage | undefined {
  const { boot, bootProgress } = status ?? {};
  if (boot === undefined) return 'Dhcp';
  const stages =
    bootProgress?.generation === boot.generation
      ? [bootProgress.stage, ...(bootProgress.seen ?? []).map(({ stage }) => stage)]
      : [];
  const saw = (stage: BootStage): boolean => stages.includes(stage);
  if (client !== 'OS') return boot.target === 'Disk' && saw('Agent') ? 'Restarted' : 'Dhcp';
  if (boot.target === 'Disk') return saw('Agent') ? 'OsDhcp' : 'Dhcp';
  return saw('Kernel') || saw('Agent') ? 'Network' : undefined;
}
