import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import {
  decodeChannelAccess,
  getChannelAccess,
  isLanChannel,
  openChannelAccess,
  setBmcKey,
} from './channels.ts';
import {
  decodeCipherPrivileges,
  decodeCipherSuites,
  decodeLanAddress,
  encodeCipherPrivileges,
  getLanParameter,
  onlyTheseSuites,
  parameterData,
} from './lan.ts';
import { completionWords } from './message.ts';
import {
  allowUser,
  decodeUserAccess,
  decodeUserName,
  enableUser,
  getUserName,
  setUserName,
  setUserPassword,
  testUserPassword,
} from './users.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

describe('commands to a BMC', () => {
  it.each([
    ['Get User Name', getUserName(3), '06 46', '03'],
    ['Set User Name', setUserName(3, 'mw'), '06 45', `03 6d77${'00'.repeat(14)}`],
    ['Set User Password, 20 bytes', setUserPassword(3, 'abc', 20), '06 47', `83 02 616263${'00'.repeat(17)}`],
    ['Set User Password, 16 bytes', setUserPassword(3, 'abc', 16), '06 47', `03 02 616263${'00'.repeat(13)}`],
    ['test of a password', testUserPassword(3, 'abc', 20), '06 47', `83 03 616263${'00'.repeat(17)}`],
    ['enable user', enableUser(3), '06 47', '03 01'],
    ['Set User Access', allowUser(1, 3, 'Operator'), '06 43', '91 03 03'],
    ['Get Channel Access', getChannelAccess(1, 'NonVolatile'), '06 41', '01 40'],
    [
      'Set Channel Security Keys',
      setBmcKey(1, Buffer.from('key')),
      '06 56',
      `01 01 01 6b6579${'00'.repeat(17)}`,
    ],
    ['Get LAN Configuration', getLanParameter(1, 3), '0c 02', '01 03 00 00'],
  ])('%s is as the specification has it', (_name, request, head, data) => {
    expect(hex(Uint8Array.of(request.netFn, request.command))).toBe(head.replaceAll(' ', ''));
    expect(hex(request.data)).toBe(data.replaceAll(' ', ''));
  });

  it('opens a channel for messages at any time, keeps alerting as it is, and lowers no limit', () => {
    const before = decodeChannelAccess(bytes('3a 04'));
    expect(before).toEqual({ mode: 'Always', flags: 0x38, privilege: 4 });
    expect(hex(openChannelAccess(1, 'NonVolatile', before, 'Operator').data)).toBe('016244');
    const closed = decodeChannelAccess(bytes('00 02'));
    expect(hex(openChannelAccess(1, 'Volatile', closed, 'Operator').data)).toBe('018283');
  });

  it('does not take what is too long', () => {
    expect(() => setUserName(3, 'seventeen letters')).toThrow(RangeError);
    expect(() => setUserPassword(3, 'a'.repeat(17), 16)).toThrow(RangeError);
    expect(() => setBmcKey(1, new Uint8Array(21))).toThrow(RangeError);
  });
});

describe('answers of a BMC', () => {
  it('say who may do what: ipmi_sim, user 1 and a user that is off', () => {
    expect(decodeUserAccess(bytes('3f 02 01 12'))).toEqual({
      ...{ maxUsers: 63, fixedNames: 1, enabled: 'Unknown', messaging: true, privilege: 2 },
    });
    expect(decodeUserAccess(bytes('0a 81 01 0f'))).toMatchObject({ enabled: 'Disabled', privilege: 15 });
    expect(decodeUserName(bytes('69 70 6d 69 75 73 72 00 00 00 00 00 00 00 00 00'))).toBe('ipmiusr');
    expect(decodeUserName(new Uint8Array(16))).toBe('');
  });

  it('say where it is', () => {
    expect(decodeLanAddress(parameterData(bytes('11 c0 00 02 4d')))).toBe('192.0.2.77');
    expect(decodeLanAddress(bytes('00 00 00 00'))).toBeUndefined();
    expect(isLanChannel(bytes('01 04 01 81 f2 1b 00 00 00'))).toBe(true);
    expect(isLanChannel(bytes('0f 0c 05'))).toBe(false);
  });

  it.each([
    ['user access', decodeUserAccess],
    ['channel access', decodeChannelAccess],
    ['channel info', isLanChannel],
    ['LAN address', decodeLanAddress],
    ['a LAN parameter', parameterData],
    ['cipher suite privileges', decodeCipherPrivileges],
    ['a user name', decodeUserName],
    ['cipher suites', (data: Uint8Array) => decodeCipherSuites(data, data)],
  ])('of any bytes: %s throws a DecodeError or nothing', (_name, decode: (data: Uint8Array) => unknown) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        try {
          decode(data);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('cipher suites', () => {
  it('keep their levels on the way', () => {
    const levels = fc.array(fc.nat(15), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(levels, (all) => {
        expect(decodeCipherPrivileges(encodeCipherPrivileges(all))).toEqual(all);
      }),
    );
  });

  it('are switched off by their place, all but the wanted', () => {
    const suites = decodeCipherSuites(bytes('04'), bytes('00 00 03 08 11'));
    expect(suites).toEqual([0, 3, 8, 17]);
    expect(onlyTheseSuites(suites, [17, 3])?.slice(0, 5)).toEqual([0, 4, 0, 4, 0]);
  });

  it('stay as they are when none of the wanted is there: nobody is locked out', () => {
    expect(onlyTheseSuites([0, 1, 2], [17, 3])).toBeUndefined();
  });
});

it('completion codes have words, or their number', () => {
  expect(completionWords(0xc1)).toBe('the BMC does not know the command');
  expect(completionWords(0x82)).toBe('completion code 0x82');
});
