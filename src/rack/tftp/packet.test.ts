import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured } from '../../../test/fixtures/packets/dhcp4.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeTftp, encodeData, encodeError, encodeOptionAck } from './packet.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('the TFTP codec', () => {
  it('reads the request of EDK2', () => {
    expect(decodeTftp(captured('tftp-rrq-uefi'))).toEqual({
      op: 'ReadRequest',
      name: 'snponly.efi',
      mode: 'octet',
      options: new Map([
        ['tsize', '0'],
        ['blksize', '1468'],
        ['windowsize', '4'],
      ]),
    });
  });

  it.each([
    [
      'modes and option names in any case',
      '\0\x01a\0OcTeT\0BLKSIZE\x009\0',
      { mode: 'octet', options: new Map([['blksize', '9']]) },
    ],
    ['an option without a value, which is left out', '\0\x01a\0octet\0tsize\0', { options: new Map() }],
    [
      'the first of two equal options',
      '\0\x01a\0octet\0x\x001\0X\x002\0',
      { options: new Map([['x', '1']]) },
    ],
    ['a write request', '\0\x02a\0netascii\0', { op: 'WriteRequest', mode: 'netascii' }],
    ['an ACK', '\0\x04\xff\xfe', { op: 'Ack', block: 65534 }],
    ['an error', '\0\x05\0\x08no\0', { op: 'Error', code: 8, message: 'no' }],
  ])('reads %s', (_name, text, packet) => {
    expect(decodeTftp(bytes(text))).toMatchObject(packet);
  });

  it.each([
    '',
    '\0\x01',
    '\0\x01a\0',
    '\0\x01\0octet\0',
    '\0\x01name',
    '\0\x07abc',
    `\0\x01${'a'.repeat(600)}\0octet\0`,
  ])('refuses %j', (text) => {
    expect(() => decodeTftp(bytes(text))).toThrow(DecodeError);
  });

  it('throws nothing but DecodeError, whatever the bytes', () => {
    const tail = fc.uint8Array({ maxLength: 520 });
    fc.assert(
      fc.property(fc.nat(9), tail, (op, rest) => {
        try {
          decodeTftp(Uint8Array.from([0, op, ...rest]));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('writes what RFC 1350 and RFC 2347 draw', () => {
    expect([...encodeData(0x1234, Uint8Array.of(7))]).toEqual([0, 3, 0x12, 0x34, 7]);
    expect(encodeError(1, 'no')).toEqual(bytes('\0\x05\0\x01no\0'));
    expect(
      encodeOptionAck(
        new Map([
          ['tsize', '9'],
          ['blksize', '8'],
        ]),
      ),
    ).toEqual(bytes('\0\x06tsize\x009\0blksize\x008\0'));
  });
});
