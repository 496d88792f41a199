import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { LeaseEntry } from './lease.ts';
import { decodeRecord, encodeRecord } from './record.ts';

const anyEntry: fc.Arbitrary<LeaseEntry> = fc.record({
  address: fc.nat(0xffffffff),
  subnet: fc.string(),
  client: fc.string({ unit: 'binary' }),
  mac: fc.string(),
  hostname: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  state: fc.constantFrom('Bound', 'Released', 'Declined'),
  end: fc.nat(Number.MAX_SAFE_INTEGER),
});

describe('a lease record', () => {
  it('is one line that is read back', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const line = encodeRecord(entry) ?? '';
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(decodeRecord(line.slice(0, -1))).toEqual(entry);
      }),
    );
  });

  it('is refused when any of its bytes changed or is missing', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 127 }), (entry, where, change) => {
        const line = Buffer.from((encodeRecord(entry) ?? '').slice(0, -1));
        const at = where % line.length;
        const damaged = Buffer.from(line);
        damaged.writeUInt8(line.readUInt8(at) ^ change, at);
        expect(() => decodeRecord(damaged.toString())).toThrow(DecodeError);
        expect(() => decodeRecord(line.subarray(0, at).toString())).toThrow(DecodeError);
      }),
    );
  });

  it('is not made of an offer', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(encodeRecord({ ...entry, state: 'Offered' })).toBeUndefined();
      }),
    );
  });
});
