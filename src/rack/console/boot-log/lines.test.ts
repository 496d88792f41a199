import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../api/machine/schema.ts';
import { bootLines, printed } from './lines.ts';

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;

function machine(status: Machine['status']): Machine {
  return {
    ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', metadata: { name: 'm1' } },
    spec: {
      ...{ macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: true },
      ...{ zone: 'default', pool: 'default', tags: [], locked: false, maintenance: false },
    },
    status,
  };
}

describe('the account of a boot', () => {
  it('is what was ordered, what racks saw and what the agent says, in the order of time', () => {
    const lines = bootLines(
      machine({
        power: {
          request: { id: 'p', action: 'Cycle', requestedAt: at(0) },
          result: { id: 'p', rack: 'a', outcome: 'Succeeded', startedAt: at(1) },
        },
        bootProgress: {
          ...{ generation: 1, stage: 'Agent', at: at(9), rack: 'a' },
          seen: [
            { stage: 'Dhcp', at: at(3), rack: 'a', mac: '52:54:00:00:00:01' },
            { stage: 'Agent', at: at(9) },
          ],
        },
        task: { id: 't', kind: 'Inventory', generation: 1 },
        taskResult: {
          ...{ id: 't', outcome: 'Running', percent: 40, message: 'looks at disks', updatedAt: at(12) },
          steps: [{ step: 'Disks', at: at(11) }],
        },
      }),
    );
    expect(lines.map(printed).join('')).toBe(
      [
        '2026-01-01 00:00:01  power: Cycle, by the rack a',
        '2026-01-01 00:00:03  Dhcp: the firmware asks for an address (rack a, 52:54:00:00:00:01)',
        '2026-01-01 00:00:09  Agent: the agent has opened its session',
        '2026-01-01 00:00:11  agent: Disks',
        '2026-01-01 00:00:12  agent: Running 40 %: looks at disks',
        '',
      ].join('\r\n'),
    );
  });

  it('is empty for a machine that nothing is known of, and leaves out what an older task said', () => {
    expect(bootLines(machine(undefined))).toEqual([]);
    const old = { id: 'old', outcome: 'Failed', message: 'x', updatedAt: at(1) } as const;
    expect(bootLines(machine({ taskResult: old }))).toEqual([]);
  });

  it('does not pass on what would steer a terminal', () => {
    expect(printed({ at: at(0), text: 'a\u001b]0;x\u0007b\u009b2J' })).toBe(
      '2026-01-01 00:00:00  a ]0;x b 2J\r\n',
    );
  });
});
