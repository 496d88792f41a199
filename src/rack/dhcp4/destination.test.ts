import { describe, expect, it } from 'vitest';
import { replyDestination } from './destination.ts';
import { messageType } from './options.ts';

const mac = Uint8Array.of(0x52, 0x54, 0, 0, 0, 1);
const plain = { giaddr: 0, ciaddr: 0, flags: 0, htype: 1, chaddr: mac };
const { offer, nak } = messageType;

describe('where a reply goes (RFC 2131, 4.1)', () => {
  it.each([
    [
      'to the relay whenever there is one',
      { ...plain, giaddr: 9, ciaddr: 5, flags: 0x8000 },
      offer,
      { kind: 'Relay', address: 9 },
    ],
    ['to the relay for a NAK too', { ...plain, giaddr: 9 }, nak, { kind: 'Relay', address: 9 }],
    [
      'to the client that has an address',
      { ...plain, ciaddr: 5, flags: 0x8000 },
      offer,
      { kind: 'Unicast', address: 5 },
    ],
    ['to everybody when the client asks for it', { ...plain, flags: 0x8000 }, offer, { kind: 'Broadcast' }],
    [
      'to the hardware address when it does not',
      plain,
      offer,
      { kind: 'Link', address: 7, mac: '52:54:00:00:00:01' },
    ],
    ['to everybody for a NAK, address or not', { ...plain, ciaddr: 5 }, nak, { kind: 'Broadcast' }],
    ['to everybody when the hardware is no Ethernet', { ...plain, htype: 32 }, offer, { kind: 'Broadcast' }],
  ])('%s', (_name, request, type, destination) => {
    expect(replyDestination(request, { type, yiaddr: 7 })).toEqual(destination);
  });
});
