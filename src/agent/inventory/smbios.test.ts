import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeSmbios, stringAt } from './smbios.ts';
import { dimmsOf, systemOf, tpmVersionOf } from './smbios-read.ts';

/** A structure with strings, as firmware lays it out. */
function structure(type: number, body: readonly number[], strings: readonly string[]): number[] {
  const text = strings.flatMap((entry) => [...Buffer.from(entry), 0]);
  return [type, body.length + 4, 0x34, 0x12, ...body, ...(text.length === 0 ? [0, 0] : [...text, 0])];
}

const end = structure(127, [], []);
const table = (...parts: number[][]): Uint8Array => Uint8Array.from([...parts.flat(), ...end]);

describe('the SMBIOS table', () => {
  it('is split into structures with their strings', () => {
    const [first, second] = decodeSmbios(table(structure(1, [1, 2], ['Acme', 'Box']), structure(9, [], [])));
    expect(first).toMatchObject({ type: 1, handle: 0x1234, strings: ['Acme', 'Box'] });
    expect(second).toMatchObject({ type: 9, strings: [] });
  });

  it('ends at its end-of-table structure', () => {
    const bytes = Uint8Array.from([...end, ...structure(1, [1], ['later'])]);
    expect(decodeSmbios(bytes).map(({ type }) => type)).toEqual([127]);
  });

  it.each(['', 'To Be Filled By O.E.M.', 'Not Specified', 'Default string', '00000000'])(
    'takes %j for no value',
    (words) => {
      const [first] = decodeSmbios(table(structure(1, [1], [words === '' ? ' ' : words])));
      expect(first && stringAt(first, 4)).toBeUndefined();
    },
  );

  it('never throws anything but a DecodeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          const structures = decodeSmbios(bytes);
          systemOf(structures);
          dimmsOf(structures);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('what the structures say', () => {
  it('turns the UUID into the order that people write', () => {
    const uuid = Array.from({ length: 16 }, (_, index) => index);
    const [system] = [systemOf(decodeSmbios(table(structure(1, [0, 0, 0, 0, ...uuid], []))))];
    expect(system.uuid).toBe('03020100-0504-0706-0809-0a0b0c0d0e0f');
  });

  it.each([
    { name: 'an empty slot', size: [0, 0], extended: [0, 0, 0, 0], expected: [] },
    { name: 'MiB', size: [0x00, 0x40], extended: [0, 0, 0, 0], expected: [16384] },
    { name: 'KiB', size: [0x00, 0xc0], extended: [0, 0, 0, 0], expected: [16] },
    { name: 'a module above 32 GiB', size: [0xff, 0x7f], extended: [0, 0, 1, 0], expected: [65536] },
  ])('reads the size of a memory module: $name', ({ size, extended, expected }) => {
    const body = new Array<number>(0x28 - 4).fill(0);
    body.splice(0x0c - 4, 2, ...size);
    body.splice(0x1c - 4, 4, ...extended);
    expect(dimmsOf(decodeSmbios(table(structure(17, body, [])))).map(({ sizeMiB }) => sizeMiB)).toEqual(
      expected,
    );
  });

  it('reads the version of a TPM', () => {
    expect(tpmVersionOf(decodeSmbios(table(structure(43, [0, 0, 0, 0, 2, 0], []))))).toBe('2.0');
    expect(tpmVersionOf([])).toBeUndefined();
  });
});
