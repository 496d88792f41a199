import { describe, expect, it } from 'vitest';
import { aVlan } from '../../../test/fixtures/objects.ts';
import { mayRelay, vlanOfRelay } from './relays.ts';

const behind = (name: string, relayFrom: string[], creationTimestamp = '2026-01-01T00:00:00Z') =>
  aVlan({
    name,
    metadata: { creationTimestamp },
    spec: { dhcp: { enabled: true, mode: 'Server', relayFrom } },
  });

describe('who may relay for a VLAN', () => {
  it.each([
    ['any relay where none is named', [], ['10.7.0.1'], true],
    ['the one that is named', ['10.7.0.1'], ['10.7.0.1'], true],
    ['one by the address that it sends from', ['10.0.0.9'], ['10.7.0.1', '10.0.0.9'], true],
    ['one of a named network', ['10.7.0.0/29'], ['10.7.0.6'], true],
    ['no other than those named', ['10.7.0.1', '10.7.1.0/24'], ['10.7.0.2', '10.0.0.9'], false],
    ['nobody by an entry that is no address', ['300.1.1.1', '10.0.0.0/99'], ['10.0.0.1'], false],
  ])('%s', (_sentence, relayFrom, senders, expected) => {
    expect(mayRelay(behind('far', relayFrom), senders)).toBe(expected);
  });

  it('a relay whose address is in no Subnet serves the older VLAN that names it', () => {
    const vlans = [
      behind('new', ['192.0.2.1'], '2026-03-01T00:00:00Z'),
      behind('old', ['192.0.2.0/24']),
      behind('none', []),
    ];
    expect(vlanOfRelay(vlans, '192.0.2.1')?.metadata.name).toBe('old');
    expect(vlanOfRelay(vlans, '192.0.3.1')).toBeUndefined();
  });
});
