import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { type DhcpOptionSetting, encodeOption, encodeOptions } from './option-setting.ts';
import { namedOptionOf, namedOptions, optionCodeOf, ownedOptions, ownedReason } from './option-table.ts';

const hexOf = (setting: DhcpOptionSetting): string =>
  Buffer.from(encodeOption(setting).value).toString('hex');

describe('a DHCP option as a person sets it', () => {
  it.each<[string, DhcpOptionSetting, number, string]>([
    ['addresses', { name: 'time-servers', addresses: ['10.0.0.1', '255.0.0.9'] }, 4, '0a000001ff000009'],
    ['a text', { name: 'root-path', text: 'ab' }, 17, '6162'],
    ['bytes', { code: 224, uint8: [0, 255] }, 224, '00ff'],
    ['numbers of two bytes', { code: 25, uint16: [68, 65535] }, 25, '0044ffff'],
    ['numbers of four bytes', { code: 108, uint32: [4294967295] }, 108, 'ffffffff'],
    ['a truth', { name: 'ip-forwarding', boolean: true }, 19, '01'],
    ['its opposite', { code: 19, boolean: false }, 19, '00'],
    ['domains', { code: 119, domains: ['a.b'] }, 119, '0161016200'],
    ['routes', { code: 121, routes: [{ destination: '0.0.0.0/0', gateway: '10.0.0.1' }] }, 121, '000a000001'],
    ['hex', { code: 43, hex: '0104C0a80001' }, 43, '0104c0a80001'],
    ['hex for what has another kind', { name: 'ntp-servers', hex: '00' }, 42, '00'],
  ])('%s', (_, setting, code, bytes) => {
    expect(encodeOption(setting).code).toBe(code);
    expect(hexOf(setting)).toBe(bytes);
  });

  it.each<[string, DhcpOptionSetting, string]>([
    ['an unknown name', { name: 'root', text: 'a' }, 'no DHCP option has the name "root"'],
    ['no value', { code: 224 }, 'exactly one value'],
    ['two values', { code: 224, text: 'a', hex: '00' }, 'exactly one value'],
    [
      'another kind of value',
      { code: 42, text: 'a' },
      'option 42 (ntp-servers) takes addresses or hex, not text',
    ],
    ['an address that is none', { code: 42, addresses: ['10.0.0'] }, 'no IPv4 address'],
    ['a number that is too large', { code: 224, uint8: [256] }, '256 is no number of 1 bytes'],
    ['a text with a control character', { code: 224, text: 'a\0' }, 'printable ASCII'],
    ['an odd number of digits', { code: 224, hex: '000' }, 'two digits a byte'],
    ['code 0', { code: 0, hex: '00' }, 'from 1 to 254'],
    ['code 255', { code: 255, hex: '00' }, 'from 1 to 254'],
    ['what the server keeps', { code: 51, uint32: [1] }, 'leaseSeconds sets its times'],
  ])('is refused with %s', (_, setting, problem) => {
    expect(() => encodeOption(setting)).toThrow(problem);
  });

  it('is left out of a list and named when it is wrong; of two with one code the later counts', () => {
    const { options, problems } = encodeOptions([
      { name: 'root-path', text: 'a' },
      { code: 82, hex: '00' },
      { code: 17, text: 'b', always: true },
    ]);
    expect(options).toEqual([{ code: 17, value: Uint8Array.of(98), text: true, always: true }]);
    expect(problems).toEqual([expect.stringContaining('worked out for each message')]);
  });

  it('throws nothing but DecodeError, whatever it holds', () => {
    const list = fc.option(fc.array(fc.oneof(fc.integer(), fc.double())), { nil: undefined });
    const words = fc.option(fc.array(fc.string()), { nil: undefined });
    const text = fc.option(fc.string(), { nil: undefined });
    const code = fc.option(fc.integer({ min: -1, max: 300 }), { nil: undefined });
    const setting = fc.record({
      code,
      name: text,
      addresses: words,
      text,
      uint16: list,
      hex: text,
      domains: words,
    });
    fc.assert(
      fc.property(setting, (given) => {
        try {
          encodeOption(given);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('the table of options', () => {
  it('has no code twice and none that the server keeps', () => {
    const codes = Object.values(namedOptions).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => ownedReason(code) !== undefined)).toEqual([]);
    const owned = ownedOptions.flatMap((row) => row.codes);
    expect(new Set(owned).size).toBe(owned.length);
  });

  it('is found by name and by code', () => {
    expect(optionCodeOf('domain-search')).toBe(119);
    expect(optionCodeOf('constructor')).toBeUndefined();
    expect(namedOptionOf(119)?.name).toBe('domain-search');
  });
});
