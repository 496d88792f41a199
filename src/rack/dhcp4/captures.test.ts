import { describe, expect, it } from 'vitest';
import { captured } from '../../../test/fixtures/packets/dhcp4.ts';
import { readClient } from './client.ts';
import { messageType, option, readNumber } from './options.ts';
import { broadcastFlag, decodePacket, encodePacket } from './packet.ts';

const { discover, request } = messageType;

describe('packets of real clients', () => {
  it.each([
    [
      'dhcp4-discover-ipxe-bios',
      discover,
      { kind: 'iPXE', architecture: 0, mac: '52:54:00:79:00:01' },
      false,
    ],
    ['dhcp4-request-ipxe-bios', request, { kind: 'iPXE', architecture: 0 }, false],
    ['dhcp4-discover-ipxe-uefi', discover, { kind: 'iPXE', architecture: 7 }, false],
    ['dhcp4-request-ipxe-uefi', request, { kind: 'iPXE', architecture: 7 }, false],
    ['dhcp4-discover-pxe-uefi', discover, { kind: 'PXE', architecture: 7, mac: '52:54:00:79:00:02' }, true],
    ['dhcp4-request-pxe-uefi', request, { kind: 'PXE', architecture: 7 }, true],
    ['dhcp4-discover-http-uefi', discover, { kind: 'HTTPClient', architecture: 16 }, true],
    ['dhcp4-request-http-uefi', request, { kind: 'HTTPClient', architecture: 16 }, true],
    ['dhcp4-discover-dhclient', discover, { kind: 'OS', architecture: undefined, uuid: undefined }, false],
  ])('%s says what it is', (name, type, client, broadcast) => {
    const packet = decodePacket(captured(name));
    expect(readNumber(packet.options, option.messageType)).toBe(type);
    expect(readClient(packet)).toMatchObject(client);
    expect((packet.flags & broadcastFlag) !== 0).toBe(broadcast);
  });

  it('are encoded to what is decoded the same', () => {
    for (const name of ['dhcp4-discover-ipxe-bios', 'dhcp4-request-pxe-uefi', 'dhcp4-discover-dhclient']) {
      const packet = decodePacket(captured(name));
      expect(decodePacket(encodePacket(packet, { maximum: 1472 }))).toEqual(packet);
    }
  });
});
