import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from '../../../test/fixtures/packets/dhcp4.ts';
import type { DhcpOptionSetting } from '../../domain/dhcp/option-setting.ts';
import { messageType as message, option, readText } from './options.ts';
import type { DhcpReservation, DhcpSubnet } from './ports.ts';
import { aServer, known, replyOf, type ServerSettings, selecting, subnet } from './testing/a-server.ts';

const list = (...codes: number[]) => ({ 55: Uint8Array.from(codes) });
const text = (code: number, value: string, always?: boolean): DhcpOptionSetting => ({
  code,
  text: value,
  ...(always === undefined ? {} : { always }),
});
const pxe = { 60: ascii('PXEClient:Arch:00007:UNDI:003000'), 93: Uint8Array.of(0, 7) };

/** What one client is offered. */
function offerOf(
  change: Partial<DhcpSubnet>,
  wanted: { mac?: string; options?: Record<number, Uint8Array> } = {},
  settings: ServerSettings = {},
) {
  return replyOf(aServer([{ ...subnet, ...change }], settings).ask(wanted));
}

describe('options that a person set', () => {
  it('reach a client that asks for them, and one that sends no list', () => {
    const options = [text(17, '/srv')];
    expect(readText(offerOf({ options }, { options: list(1, 17) }).options, { code: 17, type: 'text' })).toBe(
      '/srv',
    );
    expect(offerOf({ options }).options.has(17)).toBe(true);
    expect(offerOf({ options }, { options: list(1) }).options.has(17)).toBe(false);
  });

  it('reach every client when they are to be sent always', () => {
    expect(offerOf({ options: [text(224, 'x', true)] }, { options: list(1) }).options.has(224)).toBe(true);
  });

  it('go before what follows from the subnet', () => {
    const options = [{ name: 'domain-name-servers', addresses: ['10.9.9.9'] }];
    expect(offerOf({ options }).options.get(6)).toEqual(Uint8Array.of(10, 9, 9, 9));
  });

  it('of a router go to clients that did not ask, as the router of the subnet does', () => {
    const options = [{ name: 'routers', addresses: ['10.0.0.7', '10.0.0.8'] }];
    expect(offerOf({ options }, { options: list(6) }).options.get(3)).toEqual(
      Uint8Array.of(10, 0, 0, 7, 10, 0, 0, 8),
    );
  });

  const levels: [string, string, ServerSettings & { range?: boolean; subnet?: boolean }][] = [
    ['the subnet', 's', { subnet: true }],
    ['the range before the subnet', 'r', { subnet: true, range: true }],
    ['the machine before the range', 'm', { subnet: true, range: true, machineOptions: [text(224, 'm')] }],
  ];
  it.each(levels)('are those of %s', (_, expected, { range, subnet: onSubnet, ...settings }) => {
    const offer = offerOf(
      {
        ...(onSubnet ? { options: [text(224, 's')] } : {}),
        dynamicRanges: [
          {
            start: '10.0.0.100',
            end: '10.0.0.102',
            ...(range ? { options: [text(224, 'r')] } : {}),
          },
        ],
      },
      {},
      settings,
    );
    expect(offer.options.get(224)).toEqual(ascii(expected));
  });

  it('are those of the address before the machine, and what the address does not say is still said', () => {
    const reservation: DhcpReservation = {
      mac: known,
      address: '10.0.0.20',
      subnet: 'a',
      options: [text(224, 'a')],
    };
    const offer = offerOf(
      { options: [text(224, 's'), text(225, 's'), text(226, 's')] },
      { mac: known },
      { reservations: [reservation], machineOptions: [text(224, 'm'), text(225, 'm')] },
    );
    expect([224, 225, 226].map((code) => String.fromCharCode(...(offer.options.get(code) ?? [])))).toEqual([
      'a',
      'm',
      's',
    ]);
  });

  it('of a range do not reach a client whose address lies in none', () => {
    const options = [text(224, 'r')];
    const dynamicRanges = [{ start: '10.0.0.100', end: '10.0.0.102', options }];
    expect(offerOf({ dynamicRanges }, { mac: known }).options.has(224)).toBe(false);
  });

  it('are the same in the ACK, and in the answer to an INFORM without lease times', () => {
    const server = aServer([{ ...subnet, options: [text(224, 's')] }]);
    server.ask({});
    expect(
      replyOf(server.ask({ type: message.request, options: selecting('10.0.0.100') })).options.has(224),
    ).toBe(true);
    const inform = replyOf(server.ask({ type: message.inform, ciaddr: '10.0.0.100' })).options;
    expect([inform.has(224), inform.has(51), inform.has(58)]).toEqual([true, false, false]);
  });

  it('that the server keeps are left out, though an old object has them', () => {
    const offer = offerOf({ options: [{ code: 51, uint32: [1] }, text(224, 's')] });
    expect(offer.options.get(51)).toEqual(Uint8Array.of(0, 0, 2, 88));
    expect(offer.options.has(224)).toBe(true);
  });

  it('for booting never reach firmware that boots, and reach it where the rack boots nobody', () => {
    const options = [text(67, 'other.efi'), text(66, '10.9.9.9'), { code: 43, hex: '0102' }];
    const wanted = { options: { ...pxe, ...list(43, 60, 66, 67) } };
    const offer = offerOf({ options }, wanted);
    expect(readText(offer.options, option.bootFileName)).toBe('snponly.efi');
    expect(offer.options.get(43)).toEqual(Uint8Array.of(6, 1, 8, 255));
    const left = offerOf({ options, bootDisabled: true }, wanted);
    expect(readText(left.options, option.bootFileName)).toBe('other.efi');
    expect(left.file).toBe('other.efi');
    expect(left.options.get(43)).toEqual(Uint8Array.of(1, 2));
  });

  it('of a boot file and its server are in the header too, for devices that look there', () => {
    const options = [text(67, 'phone.cfg'), { name: 'tftp-server-addresses', addresses: ['10.0.0.9'] }];
    const offer = offerOf({ options }, { options: list(67, 150) });
    expect(offer).toMatchObject({ file: 'phone.cfg', siaddr: 0x0a000009 });
    expect(offerOf({ options }, { options: list(1) })).toMatchObject({ file: '', siaddr: 0x0a000001 });
  });

  it('longer than 255 bytes arrive whole, in pieces on the wire (RFC 3396)', () => {
    const hex = 'ab'.repeat(300);
    const options = { ...list(43), 57: Uint8Array.of(5, 0xc0) };
    expect(offerOf({ options: [{ code: 43, hex }] }, { options }).options.get(43)?.length).toBe(300);
  });
});

describe('the order of options', () => {
  it('is that of the list, after mask and routers', () => {
    const offer = offerOf({ options: [text(17, 'x')] }, { options: list(42, 17, 6, 3, 1) });
    const codes = [...offer.options.keys()];
    expect(codes.slice(codes.indexOf(1))).toEqual([1, 3, 42, 17, 6]);
  });

  it('decides what goes out where not all has room, and mask, router and lease always do', () => {
    const big = Array.from({ length: 4 }, (_, n) => ({ code: 230 + n, hex: 'ab'.repeat(120) }));
    const offer = offerOf({ options: big }, { options: { ...list(233, 232, 231, 230), 60: pxe[60] } });
    expect([1, 3, 51, 54].every((code) => offer.options.has(code))).toBe(true);
    expect([233, 232, 231, 230].map((code) => offer.options.has(code))).toEqual([true, true, false, false]);
  });

  it('goes on in the file and server name fields for clients that are no firmware (option 52)', () => {
    const big = Array.from({ length: 3 }, (_, n) => ({ code: 230 + n, hex: 'ab'.repeat(110) }));
    const offer = offerOf(
      { options: [...big, { code: 233, hex: 'cd'.repeat(50) }] },
      { options: list(230, 231, 232, 233) },
    );
    expect(offer.options.get(52)).toEqual(Uint8Array.of(3));
    expect([230, 231, 232, 233].map((code) => offer.options.get(code)?.length)).toEqual([110, 110, 110, 50]);
  });
});

describe('routes and search domains of the subnet', () => {
  const staticRoutes = [{ destination: '10.30.0.0/16', gateway: '10.0.0.9' }];

  it('routes come with the default one, because a client that takes them ignores the router (RFC 3442)', () => {
    const offer = offerOf({ staticRoutes }, { options: list(121, 3) });
    expect(offer.options.get(121)).toEqual(Uint8Array.of(16, 10, 30, 10, 0, 0, 9, 0, 10, 0, 0, 254));
    expect(offer.options.get(3)).toEqual(Uint8Array.of(10, 0, 0, 254));
  });

  it('a default route among them is the only one', () => {
    const own = [...staticRoutes, { destination: '0.0.0.0/0', gateway: '10.0.0.8' }];
    const offer = offerOf({ staticRoutes: own }, { options: list(121) });
    expect(offer.options.get(121)).toEqual(Uint8Array.of(16, 10, 30, 10, 0, 0, 9, 0, 10, 0, 0, 8));
  });

  it('Windows of old asks for them as option 249', () => {
    const offer = offerOf({ staticRoutes }, { options: list(249) });
    expect(offer.options.has(249)).toBe(true);
    expect(offer.options.has(121)).toBe(false);
  });

  it('search domains are compressed (RFC 3397)', () => {
    const searchDomains = ['eng.apple.com', 'marketing.apple.com'];
    const offer = offerOf({ searchDomains }, { options: list(119) });
    expect(offer.options.get(119)).toEqual(ascii('\x03eng\x05apple\x03com\0\x09marketing\xc0\x04'));
  });
});

describe('options that do not reach the client', () => {
  const unsentOf = (options: DhcpOptionSetting[], asked: number[]) => {
    const outcome = aServer([{ ...subnet, options }]).ask({ options: list(...asked) });
    return outcome.kind === 'Reply' ? outcome.reply.unsent : undefined;
  };

  it('are named where they cannot be encoded as they are set', () => {
    expect(unsentOf([{ code: 26, text: 'large' }], [])?.problems).toEqual([expect.stringContaining('26')]);
  });

  it('are named where the message has no room for them', () => {
    const large = { code: 224, hex: 'ab'.repeat(600) };
    expect(unsentOf([large, { code: 225, text: 'short' }], [224, 225])?.noRoom).toContain(224);
    expect(unsentOf([large], [225])).toBeUndefined();
  });
});

describe('any settings at all', () => {
  const setting = fc.record(
    {
      code: fc.integer({ min: 0, max: 256 }),
      text: fc.string({ maxLength: 400 }),
      hex: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      addresses: fc.array(fc.constantFrom('10.0.0.1', 'x', '255.255.255.255'), { maxLength: 30 }),
      domains: fc.array(fc.constantFrom('a.example', '..', 'b'.repeat(70)), { maxLength: 3 }),
      always: fc.boolean(),
    },
    { requiredKeys: ['code'] },
  );

  it('leave an answer that its client can take, with its address and lease', () => {
    const wanted = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined });
    const sizes = fc.integer({ min: 0, max: 65535 });
    fc.assert(
      fc.property(fc.array(setting, { maxLength: 20 }), wanted, sizes, (options, asked, size) => {
        const server = aServer([{ ...subnet, options, searchDomains: ['..'] }]);
        const outcome = server.ask({
          options: { 57: Uint8Array.of(size >> 8, size), ...(asked === undefined ? {} : { 55: asked }) },
        });
        const offer = replyOf(outcome);
        const limit = Math.min(1472, Math.max(576, size) - 28);
        expect(outcome.kind === 'Reply' && outcome.reply.bytes.length).toBeLessThanOrEqual(limit);
        expect(offer).toMatchObject({ type: message.offer, address: '10.0.0.100' });
        expect(offer.options.get(51)).toEqual(Uint8Array.of(0, 0, 2, 88));
        expect([1, 54].every((code) => offer.options.has(code))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
