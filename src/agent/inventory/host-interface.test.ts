import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { hostInterfaceTable, overIp, typeForty2, usbV2 } from '../testing/host-interface.ts';
import { decodeHostInterface, redfishHostInterfaces } from './host-interface.ts';

describe('a host interface of the firmware', () => {
  it('is a USB card with its MAC address, and the addresses of both ends', () => {
    expect(redfishHostInterfaces([hostInterfaceTable()])).toEqual([
      {
        device: { kind: 'Usb', vendor: 0x046b, product: 0xffb0, mac: '02:00:00:00:00:2a' },
        host: { assignment: 'Static', address: '169.254.0.18', prefix: 16 },
        service: {
          assignment: 'Static',
          ...{ address: '169.254.0.17', prefix: 16, port: 443, vlan: 0, hostname: 'bmc.internal' },
        },
      },
    ]);
  });

  it.each([
    [
      'USB, first version',
      [2, 0x6b, 0x04, 0xb0, 0xff, 4, 3, 0x53, 0],
      { kind: 'Usb', vendor: 0x046b, product: 0xffb0 },
    ],
    [
      'PCI, first version',
      [3, 0x86, 0x80, 0x21, 0x15, 1, 0, 2, 0],
      { kind: 'Pci', vendor: 0x8086, product: 0x1521 },
    ],
    [
      'PCI, second version',
      [5, 0x18, 0x86, 0x80, 0x21, 0x15, 1, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0, 3, 0x10, 1, 0, 0xff, 0xff],
      { kind: 'Pci', vendor: 0x8086, product: 0x1521, mac: '02:00:00:00:00:01' },
    ],
    [
      'USB, second version without a MAC address',
      usbV2([0, 0, 0, 0, 0, 0]),
      { kind: 'Usb', vendor: 0x046b, product: 0xffb0 },
    ],
  ])('is known by its device: %s', (_sentence, device, wanted) => {
    expect(decodeHostInterface(typeForty2(device, [[4, overIp({})]]))?.device).toEqual(wanted);
  });

  it.each([
    ['an address is given out by the BMC', { hostAssignment: 2, host: [0, 0, 0, 0] }, { assignment: 'Dhcp' }],
    ['the mask has holes', { mask: [255, 0, 255, 0] }, { assignment: 'Static', address: '169.254.0.18' }],
    ['the assignment is unheard of', { hostAssignment: 9, host: [0, 0, 0, 0] }, { assignment: 'Unknown' }],
  ])('has a host end of which %s', (_sentence, differences, wanted) => {
    expect(decodeHostInterface(typeForty2(usbV2(), [[4, overIp(differences)]]))?.host).toEqual(wanted);
  });

  it('may have addresses of IPv6', () => {
    const service = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const mask = [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0];
    const record = overIp({ format: 2, service, host: [...service.slice(0, 15), 2], mask });
    const found = decodeHostInterface(typeForty2(usbV2(), [[4, record]]));
    expect(found?.service).toMatchObject({ address: 'fe80:0:0:0:0:0:0:1', prefix: 64 });
  });

  it('is looked for behind records of other protocols', () => {
    const found = decodeHostInterface(
      typeForty2(usbV2(), [
        [2, [1, 2, 3]],
        [4, overIp({})],
      ]),
    );
    expect(found?.service.address).toBe('169.254.0.17');
  });

  it.each([
    ['it is a serial line', Uint8Array.from([42, 11, 1, 0, 2, 4, 0, 0, 0, 0, 0])],
    ['it speaks no Redfish', typeForty2(usbV2(), [[2, [1, 2, 3]]])],
    ['its device is of a kind that nobody knows', typeForty2([0x80, 1, 2], [[4, overIp({})]])],
  ])('is none where %s', (_sentence, data) => {
    expect(decodeHostInterface(data)).toBeUndefined();
  });

  it('fails with a DecodeError at most, cut off anywhere or made of any bytes', () => {
    const whole = typeForty2(usbV2(), [[4, overIp({})]]);
    const check = (bytes: Uint8Array): void => {
      try {
        decodeHostInterface(bytes);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeHostInterface(whole.subarray(0, length))).toThrow(DecodeError);
    }
    const bent = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, value]) => whole.with(at, value));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 255 }), bent), check));
  });
});
