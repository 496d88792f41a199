import { describe, expect, it } from 'vitest';
import {
  describeOptions,
  option,
  readMachineUuid,
  readNumber,
  readText,
  readUserClasses,
} from './options.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('DHCP options', () => {
  it.each([
    ['iPXE', ['iPXE']],
    ['\x04iPXE', ['iPXE']],
    ['\x03abc\x02de', ['abc', 'de']],
    ['\x0fanaconda-Linux', ['\x0fanaconda-Linux']],
    ['', []],
  ])('user class %j is read as %j', (sent, read) => {
    expect(readUserClasses(new Map([[option.userClass.code, bytes(sent)]]))).toEqual(read);
  });

  it('a user class of zeros ends', () => {
    expect(readUserClasses(new Map([[option.userClass.code, new Uint8Array(9)]]))).toEqual(['']);
  });

  it('text loses the NULs that firmware ends it with', () => {
    expect(readText(new Map([[option.hostName.code, bytes('node-1\0\0')]]), option.hostName)).toBe('node-1');
  });

  it('numbers that are too short are absent', () => {
    expect(
      readNumber(new Map([[option.architecture.code, bytes('\0')]]), option.architecture),
    ).toBeUndefined();
    expect(
      readNumber(new Map([[option.architecture.code, bytes('\0\x07\0\x09')]]), option.architecture),
    ).toBe(7);
  });

  it('the machine identifier is the UUID that dmidecode prints', () => {
    const raw = [
      0, 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    ];
    const options = new Map([[option.machineIdentifier.code, Uint8Array.from(raw)]]);
    expect(readMachineUuid(options)).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect(readMachineUuid(new Map([[97, Uint8Array.of(0, 1)]]))).toBeUndefined();
  });

  it('options are described by name', () => {
    const options = new Map([
      [53, Uint8Array.of(1)],
      [54, Uint8Array.of(10, 0, 0, 1)],
      [60, bytes('PXEClient')],
      [250, Uint8Array.of(7)],
    ]);
    expect(describeOptions(options)).toBe(
      'messageType=1 serverIdentifier=10.0.0.1 vendorClass="PXEClient" 250=07',
    );
  });
});
