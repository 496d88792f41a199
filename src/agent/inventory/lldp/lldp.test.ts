import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { decodeLldpFrame } from './frame.ts';
import { createPcapReader } from './pcap.ts';
import { lldpWaitMs } from './wait.ts';

function tlv(type: number, ...value: number[]): number[] {
  return [(type << 1) | (value.length >> 8), value.length & 0xff, ...value];
}
const words = (text: string): number[] => [...Buffer.from(text)];
const header = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc];
const frame = (...tlvs: number[][]): Uint8Array => Uint8Array.from([...header, ...tlvs.flat(), 0, 0]);
const chassis = tlv(1, 4, 0, 0x11, 0x22, 0x33, 0x44, 0x55);
const port = tlv(2, 5, ...words('Eth1/7'));

describe('an LLDP frame', () => {
  it('names the switch, the port and the untagged VLAN', () => {
    const all = [
      chassis,
      port,
      tlv(3, 0, 120),
      tlv(4, ...words('rack 4 left')),
      tlv(5, ...words('leaf-4')),
      tlv(127, 0x00, 0x12, 0x0f, 1, 0),
      tlv(127, 0x00, 0x80, 0xc2, 1, 0x00, 0x64),
    ];
    expect(decodeLldpFrame(frame(...all))).toEqual({
      chassisId: '00:11:22:33:44:55',
      chassisName: 'leaf-4',
      portId: 'Eth1/7',
      portDescription: 'rack 4 left',
      vlan: 100,
    });
  });

  it.each([
    ['a MAC address as port', tlv(2, 3, 1, 2, 3, 4, 5, 6), '01:02:03:04:05:06'],
    ['an IPv4 address as port', tlv(2, 4, 1, 10, 0, 0, 1), '10.0.0.1'],
    ['bytes that are no words', tlv(2, 7, 1, 2), '01:02'],
  ])('shows %s', (_name, portTlv, expected) => {
    expect(decodeLldpFrame(frame(chassis, portTlv)).portId).toBe(expected);
  });

  it('keeps what controls a terminal off the console', () => {
    expect(decodeLldpFrame(frame(chassis, port, tlv(5, ...words('a\u001b[2Jb')))).chassisName).toBe('a[2Jb');
  });

  it.each([
    ['another protocol', Uint8Array.from([...header.slice(0, 12), 8, 0, 0, 0, 0, 0])],
    ['no port', frame(chassis)],
    ['a TLV that is cut off', Uint8Array.from([...header, 0x02, 0x20, 4, 0, 0])],
    ['nothing', new Uint8Array(0)],
  ])('is refused: %s', (_name, bytes) => expect(() => decodeLldpFrame(bytes)).toThrow(DecodeError));

  it('never throws anything but a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeLldpFrame(Uint8Array.from([...header, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('a pcap stream', () => {
  const capture = (...packets: number[][]): Uint8Array => {
    const file = Buffer.alloc(24);
    file.writeUInt32LE(0xa1b2c3d4, 0);
    const records = packets.map((packet) => {
      const head = Buffer.alloc(16);
      head.writeUInt32LE(packet.length, 8);
      return Buffer.concat([head, Uint8Array.from(packet)]);
    });
    return Buffer.concat([file, ...records]);
  };

  it('gives the same packets however it is cut into pieces', () => {
    const bytes = capture([1, 2, 3], [], [4, 5]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 80 }), (sizes) => {
        const reader = createPcapReader();
        const packets: number[][] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          packets.push(...reader.push(bytes.subarray(at, at + size)).map((packet) => [...packet]));
          at = Math.min(bytes.length, at + size);
        }
        expect(packets).toEqual([[1, 2, 3], [], [4, 5]]);
      }),
    );
  });

  it('is refused when it is something else', () => {
    expect(() => createPcapReader().push(new Uint8Array(24))).toThrow(DecodeError);
  });
});

describe('how long to listen', () => {
  const machine = (vendor: string, link: boolean) => ({
    system: { vendor },
    firmware: { mode: 'BIOS' as const },
    cpus: [],
    numaNodes: [],
    memory: { totalMiB: 0, dimms: [] },
    nics: [{ name: 'a', mac: '52:54:00:00:00:01', link }],
    disks: [],
    pci: [],
    usb: [],
    gpus: [],
  });
  it.each([
    ['one round of a switch on real hardware', 'Dell Inc.', true, undefined, 32_000],
    ['not without a link', 'Dell Inc.', false, undefined, 0],
    ['not in a virtual machine', 'QEMU', true, undefined, 0],
    ['as the command line says', 'QEMU', true, 5, 5000],
  ])('%s', (_name, vendor, link, seconds, expected) => {
    expect(lldpWaitMs(machine(vendor, link), seconds)).toBe(expected);
  });
});
