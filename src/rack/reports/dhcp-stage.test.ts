import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import type { BootStage } from '../../api/machine/timeline.ts';
import type { DhcpSighting } from '../dhcp4/ports.ts';
import { dhcpStage } from './dhcp-stage.ts';

const at = '2026-01-01T00:00:00Z';

function status(target: 'Disk' | 'EphemeralOS', stage?: BootStage, generation = 3): MachineStatus {
  return {
    boot: { generation: 3, target },
    ...(stage === undefined ? {} : { bootProgress: { generation, stage, at, rack: 'r1' } }),
  };
}

describe('an address given by DHCP', () => {
  it.each<[string, MachineStatus | undefined, DhcpSighting['client'], BootStage | undefined]>([
    ['to a machine that nobody wants anything of is where it was seen', undefined, 'OS', 'Dhcp'],
    ['to firmware is the beginning of a network boot', status('EphemeralOS'), 'PXE', 'Dhcp'],
    ['to iPXE is the same', status('EphemeralOS', 'Dhcp'), 'iPXE', 'Dhcp'],
    ['to the OS that is about to be switched off is none', status('EphemeralOS'), 'OS', undefined],
    ['to that OS is none after an earlier boot', status('EphemeralOS', 'Agent', 2), 'OS', undefined],
    ['to an OS after the kernel is the ephemeral one', status('EphemeralOS', 'Kernel'), 'OS', 'Network'],
    ['to firmware after the agent is a restart', status('Disk', 'Agent'), 'HTTPClient', 'Restarted'],
    ['to an OS after the agent is the installed one', status('Disk', 'Agent'), 'OS', 'OsDhcp'],
    ['to an OS of the disk in a boot without an agent is where it is', status('Disk'), 'OS', 'Dhcp'],
  ])('%s', (_sentence, of, client, expected) => {
    const machine = { ...aMachine({ name: 'm1' }), ...(of === undefined ? {} : { status: of }) };
    expect(dhcpStage(machine, client)).toBe(expected);
  });
});
