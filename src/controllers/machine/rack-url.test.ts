import { describe, expect, it } from 'vitest';
import type { Rack } from '../../api/rack/schema.ts';
import { rackUrlFor } from './rack-url.ts';
import { ago, aMachine } from './testing/builders.ts';

function aRack(name: string, status: Rack['status'] = {}): Rack {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'Rack',
    metadata: { name },
    spec: { disabledServices: [], interfaces: [] },
    status: { httpUrl: `http://${name}`, ...status },
  };
}

const port = { name: 'eth0', mac: '52:54:00:00:00:01', addresses: [] };
const onVlan = { interfaces: [{ ...port, vlan: 'v1' }] };
const dead = {
  conditions: [
    { type: 'Ready', status: 'False' as const, reason: 'Silent', message: '', lastTransitionTime: ago(1) },
  ],
};
const seenBy = (rack: string, vlan?: string) =>
  aMachine({
    bootProgress: {
      generation: 1,
      stage: 'Agent',
      at: ago(1),
      rack,
      ...(vlan === undefined ? {} : { vlan }),
    },
  });

describe('the rack that an installed OS phones home to', () => {
  it.each<[string, ReturnType<typeof aMachine>, Rack[], string | undefined]>([
    ['is none where there is none', aMachine({}), [], undefined],
    ['is none without an address', aMachine({}), [aRack('a', { httpUrl: undefined })], undefined],
    ['is the first by name where nothing is known', aMachine({}), [aRack('b'), aRack('a')], 'http://a'],
    ['is the one that saw the machine', seenBy('b'), [aRack('a'), aRack('b')], 'http://b'],
    [
      'is one on the same VLAN when that is gone',
      seenBy('gone', 'v1'),
      [aRack('a'), aRack('b', onVlan)],
      'http://b',
    ],
    ['is another when that is not Ready', seenBy('b'), [aRack('a'), aRack('b', dead)], 'http://a'],
    ['is one that is not Ready when there is no other', seenBy('b'), [aRack('b', dead)], 'http://b'],
  ])('%s', (_, machine, racks, url) => {
    expect(rackUrlFor(machine, racks)).toBe(url);
  });
});
