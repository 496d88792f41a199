import { describe, expect, it } from 'vitest';
import { aRack, aRackInterface, aSubnet } from '../../../test/fixtures/objects.ts';
import type { Rack, RackStatus } from '../../api/rack/schema.ts';
import { checkRack, type RackCheckDeps } from './check-rack.ts';

const subnet = aSubnet({
  name: 's',
  spec: { ranges: { dynamic: [{ start: '10.0.0.200', end: '10.0.0.210' }], reserved: [] } },
});

function ready(status: 'True' | 'False', reason: string, message = ''): RackStatus {
  const at = '2026-01-01T00:00:00Z';
  return { conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: at }] };
}

const serving: RackStatus = {
  ...ready('True', 'Serving'),
  httpUrl: 'http://10.0.0.2:7480',
  interfaces: [
    aRackInterface('eth1', 'v', '10.0.0.2/24', ['s']),
    aRackInterface('eth0', undefined, '192.0.2.5/24'),
  ],
  services: [
    { name: 'Dhcp4', state: 'Running' },
    { name: 'Http', state: 'Running' },
    { name: 'Tftp', state: 'Running' },
  ],
};

async function check(rack: Rack | undefined, deps: Partial<RackCheckDeps> = {}): Promise<string[]> {
  const findings = await checkRack('n1', {
    rack: async () => rack,
    subnets: async () => [subnet],
    fetchProblem: async () => undefined,
    askDhcp: async () => '10.0.0.200',
    askTftp: async () => undefined,
    ...deps,
  });
  return findings.map(({ verdict, what, why }) =>
    [verdict, what, ...(why === undefined ? [] : [why])].join(' | '),
  );
}

describe('looking at a rack', () => {
  it('finds a rack that serves to be well, by what its machines ask', async () => {
    const asked: unknown[] = [];
    const found = await check(aRack({ status: serving }), {
      askDhcp: async (question) => {
        asked.push(question);
        return '10.0.0.200';
      },
      askTftp: async (question) => {
        asked.push(question);
        return undefined;
      },
    });
    expect(found).toEqual([
      'ok | rack n1',
      'ok | service Dhcp4',
      'ok | service Http',
      'ok | service Tftp',
      'ok | http://10.0.0.2:7480/loaders/snponly.efi',
      'ok | TFTP on eth1: snponly.efi',
      'ok | DHCP on eth1',
    ]);
    expect(asked).toEqual([
      { device: 'eth1', address: '10.0.0.2', file: 'snponly.efi' },
      { device: 'eth1', mac: '02:00:00:00:00:01', servers: ['10.0.0.2'] },
    ]);
  });

  it.each<[string, Rack | undefined, string]>([
    ['there is none', undefined, 'failed | rack n1 | there is no Rack of this name'],
    ['has not said anything', aRack(), 'failed | rack n1 | it has not said yet whether it serves'],
    ['has no network', aRack({ status: ready('False', 'NoNetwork', 'none') }), 'skipped | rack n1 | none'],
    [
      'is stalled',
      aRack({ status: ready('False', 'ServiceFailed', 'port 67') }),
      'failed | rack n1 | port 67',
    ],
  ])('says so when it %s', async (_what, rack, said) => {
    expect(await check(rack)).toEqual([said]);
  });

  it.each<[string, Partial<RackCheckDeps>, string]>([
    ['no offer comes', { askDhcp: async () => undefined }, 'failed | DHCP on eth1 | no offer came'],
    [
      'the port of clients is taken',
      { askDhcp: () => Promise.reject(new Error('port 68 is in use')) },
      'skipped | DHCP on eth1 | port 68 is in use',
    ],
    [
      'strangers get no address there',
      { subnets: async () => [aSubnet({ name: 's' })] },
      'skipped | DHCP on eth1 | no Subnet there has a dynamic range, which strangers get their addresses of: s',
    ],
    [
      'a loader is not to be had',
      { fetchProblem: async () => 'it answers 404' },
      'failed | http://10.0.0.2:7480/loaders/snponly.efi | it answers 404',
    ],
    [
      'TFTP does not answer',
      { askTftp: async () => 'no answer came' },
      'failed | TFTP on eth1: snponly.efi | no answer came',
    ],
    [
      'there is no socket to ask by',
      { askTftp: () => Promise.reject(new Error('eth1 has no 10.0.0.2')) },
      'failed | TFTP on eth1: snponly.efi | eth1 has no 10.0.0.2',
    ],
  ])('says so when %s', async (_what, deps, said) => {
    expect(await check(aRack({ status: serving }), deps)).toContain(said);
  });

  it('asks nothing of a service that is switched off or fails', async () => {
    const status: RackStatus = {
      ...serving,
      services: [
        { name: 'Dhcp4', state: 'Disabled' },
        { name: 'Http', state: 'Failed', message: 'port 7480 is taken' },
      ],
    };
    expect(await check(aRack({ status }))).toEqual([
      'ok | rack n1',
      'skipped | service Dhcp4 | spec.disabledServices names it',
      'failed | service Http | port 7480 is taken',
    ]);
  });
});
