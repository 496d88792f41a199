import { describe, expect, it } from 'vitest';
import { aRequest } from '../../../test/fixtures/packets/dhcp4.ts';
import type { HandlerContext } from './exchange.ts';
import { handle } from './handler.ts';
import { LeaseTable } from './leases/lease-table.ts';
import type { Dhcp4Packet } from './packet.ts';
import { start, subnet } from './testing/a-server.ts';

describe('what is not answered', () => {
  it.each([
    ['a BOOTP request', aRequest({}), (packet: Dhcp4Packet) => packet.options.delete(53), 'Bootp'],
    [
      'a reply of another server',
      aRequest({}),
      (packet: Dhcp4Packet) => Object.assign(packet, { op: 2 }),
      'NotARequest',
    ],
    ['an unknown type', aRequest({ type: 99 }), () => {}, 'UnknownType'],
    ['a client without any identity', aRequest({ mac: '00:00:00:00:00:00' }), () => {}, 'NoIdentity'],
  ])('%s', (_name, packet, change, reason) => {
    change(packet);
    const context: HandlerContext = {
      device: 'eth0',
      network: { vlan: 'v', subnets: [subnet] },
      relay: undefined,
      source: 0,
      now: start,
      leases: new LeaseTable(),
      reservation: () => undefined,
      boot: () => ({ kind: 'None' }),
    };
    expect(handle(packet, context)).toMatchObject({ kind: 'Ignore', reason });
  });
});
