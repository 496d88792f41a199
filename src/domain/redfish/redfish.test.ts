import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeBootstrapCredentials, decodeCertificateFingerprint } from '../ipmi/redfish-bootstrap.ts';
import { memberPaths, messageIds, passwordLengths, planAccount, readAccount, refusalOf } from './accounts.ts';
import { bmcAddress } from './addresses.ts';

describe('accounts of a Redfish service', () => {
  it.each([
    [{}, [20, 16]],
    [{ MinPasswordLength: 8, MaxPasswordLength: 20 }, [20, 16]],
    [{ MaxPasswordLength: 16 }, [16]],
    [{ MaxPasswordLength: 12 }, [12]],
    [{ MinPasswordLength: 24 }, [24]],
    [{ MaxPasswordLength: 0 }, [20, 16]],
    [{ MaxPasswordLength: 4 }, []],
    [{ MinPasswordLength: 'long' }, [20, 16]],
  ])('with the rules %j take passwords of %j', (service, lengths) => {
    expect(passwordLengths(service)).toEqual(lengths);
  });

  it('are changed where the user is there, made where it is not, and never in the first slot', () => {
    const at = (id: number, UserName: unknown) => readAccount(`/a/${id}`, { UserName });
    const plan = (...names: unknown[]) =>
      planAccount(
        names.map((name, index) => at(index + 1, name)),
        'mw',
      );
    expect(plan('', 'root', 'mw')).toEqual({ kind: 'Change', path: '/a/3' });
    expect(plan('', 'root', null, ' ')).toEqual({ kind: 'Make', slots: ['/a/3', '/a/4'] });
    expect(plan('', 'mwx')).toEqual({ kind: 'Make', slots: [] });
  });

  const refusal = (id: string) => ({ error: { '@Message.ExtendedInfo': [{ MessageId: id, Message: 'x' }] } });
  it.each([
    [400, refusal('Base.1.8.PropertyValueFormatError'), 'Password'],
    [400, refusal('iLO.2.14.InvalidPasswordLength'), 'Password'],
    [403, refusal('Base.1.8.InsufficientPrivilege'), 'Other'],
    [405, undefined, 'NoPost'],
    [400, refusal('Base.1.8.ActionNotSupported'), 'NoPost'],
    [500, 'garbage', 'Other'],
  ])('refuse with HTTP %i and %j: %s', (status, body, wanted) => {
    expect(refusalOf(status, body)).toBe(wanted);
  });

  it('are read from whatever a BMC sends', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (body, other) => {
        messageIds({ error: body });
        refusalOf(400, body);
        passwordLengths(body);
        expect(memberPaths({ Members: [body, other, { '@odata.id': '/a' }] }, 2).length).toBeLessThan(3);
        readAccount('/a', body);
        bmcAddress([body, { IPv4Addresses: other }], []);
      }),
    );
  });
});

describe('the address of a BMC', () => {
  const of = (...addresses: string[]) => ({ IPv4Addresses: addresses.map((Address) => ({ Address })) });
  it.each([
    ['the first that leads anywhere', [of('0.0.0.0', '169.254.1.1'), of('192.0.2.7')], '192.0.2.7'],
    ['one whose link is up', [of('192.0.2.7'), { ...of('192.0.2.8'), LinkStatus: 'LinkUp' }], '192.0.2.8'],
    ['not that of the host interface', [of('10.0.0.1'), of('192.0.2.7')], '192.0.2.7'],
    ['not one that is switched off', [{ ...of('192.0.2.7'), InterfaceEnabled: false }], undefined],
    [
      'one of IPv6 where there is no other',
      [{ IPv6Addresses: [{ Address: 'FE80::1' }, { Address: '2001:DB8::1' }] }],
      '2001:db8::1',
    ],
  ])('is %s', (_sentence, interfaces, wanted) => {
    expect(bmcAddress(interfaces, ['10.0.0.1'])).toBe(wanted);
  });
});

describe('answers of the Redfish group extension', () => {
  it('hold a name, a password, and a fingerprint, or fail with a DecodeError', () => {
    const text = (value: string): number[] => [...Buffer.from(value.padEnd(16, '\0'))];
    const data = Uint8Array.of(0x52, ...text('boot'), ...text('0123456789abcdef'));
    expect(decodeBootstrapCredentials(data)).toEqual({ username: 'boot', password: '0123456789abcdef' });
    expect(decodeCertificateFingerprint(Uint8Array.of(0x52, 1, ...Buffer.alloc(32, 7)))).toBe(
      '07'.repeat(32),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const decode of [decodeBootstrapCredentials, decodeCertificateFingerprint]) {
          try {
            decode(bytes);
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        }
      }),
    );
  });
});
