import { afterEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aMachine, anAddress } from '../../../test/fixtures/objects.ts';
import { ipAddressKind } from '../../api/ip-address/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { createMemoryClient } from '../../kube/memory-client.ts';
import { observe } from './observe.ts';

describe('the addresses of a machine', () => {
  let operator: TestOperator;
  afterEach(() => operator.stop());

  it('are those that name it, and those of its network cards that name no machine', async () => {
    const client = createMemoryClient();
    const mac = '52:54:00:00:00:01';
    await client.create(machineKind, aMachine({ name: 'm1', spec: { macAddresses: [mac] } }));
    for (const [address, spec] of [
      ['10.0.0.1', { machine: 'm1' }],
      ['10.0.0.2', { mac }],
      ['10.0.0.3', { mac, machine: 'm1' }],
      ['10.0.0.4', { mac, machine: 'm2' }],
      ['10.0.0.5', { mac: '52:54:00:00:00:02' }],
    ] as const)
      await client.create(ipAddressKind, anAddress(address, { spec: { subnet: 's', ...spec } }));
    operator = await startTestOperator(client, 'metalwright-system');
    const { addresses = [] } = observe('m1', operator.deps.informers) ?? {};
    expect(addresses.map(({ spec }) => spec.address).toSorted()).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
    ]);
  });
});
