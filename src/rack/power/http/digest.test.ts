import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseChallenge, digestAuthorization } from './digest.ts';

/** RFC 7616, section 3.9.1: a server that offers two hashes. */
const mufasa = {
  ...{ username: 'Mufasa', password: 'Circle of Life', method: 'GET', uri: '/dir/index.html' },
  ...{ cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count: 1 },
};
const offered = (algorithm: string): string =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

function responseTo(header: string, proof = mufasa): string | undefined {
  const challenge = chooseChallenge(header);
  if (challenge === undefined) return undefined;
  return /response="([^"]*)"/.exec(digestAuthorization(challenge, proof))?.[1];
}

describe('digest authentication', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])("answers the RFC's example with %s", (algorithm, expected) => {
    expect(responseTo(offered(algorithm))).toBe(expected);
  });

  it.each([
    ['both in one header', `${offered('MD5')}, ${offered('SHA-256')}`],
    ['Basic before them', `Basic realm="x", ${offered('SHA-256')}, ${offered('MD5')}`],
  ])('takes the stronger hash of %s', (_, header) => {
    expect(chooseChallenge(header)).toMatchObject({ algorithm: 'SHA-256', qop: true, stale: false });
  });

  it('hashes the user name too where it is asked for (section 3.9.2 with its erratum 4897)', () => {
    const challenge = chooseChallenge(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=true, ' +
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
        'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"',
    );
    const header = digestAuthorization(challenge!, {
      ...{ username: 'Jäsøn Doe', password: 'Secret, or not?', method: 'GET', uri: '/doe.json' },
      ...{ cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v', count: 1 },
    });
    expect(header).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"');
    expect(header).toContain('response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"');
    expect(header).toContain('userhash=true');
  });

  it('answers the example of RFC 2617, whose server names no algorithm', () => {
    const header =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    const proof = { ...mufasa, password: 'Circle Of Life', cnonce: '0a4f113b' };
    expect(responseTo(header, proof)).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('answers the example of RFC 2069, whose server counts no requests', () => {
    const challenge = chooseChallenge(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    );
    const header = digestAuthorization(challenge!, { ...mufasa, password: 'CircleOfLife' });
    expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(header).not.toMatch(/nc=|qop=/);
  });

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['only Basic', 'Basic realm="amt"'],
    ['only the integrity of bodies', 'Digest realm="a", nonce="b", qop="auth-int"'],
    ['an unknown hash', 'Digest realm="a", nonce="b", algorithm=SHA3, qop="auth"'],
    ['no nonce', 'Digest realm="a", qop="auth"'],
  ])('has no answer to %s', (_, header) => {
    expect(chooseChallenge(header)).toBeUndefined();
  });

  it('reads quotes, case and stale nonces', () => {
    expect(chooseChallenge('DIGEST Realm="a \\"b\\", c", NONCE=abc, stale=TRUE, qop=auth')).toMatchObject({
      realm: 'a "b", c',
      nonce: 'abc',
      stale: true,
    });
  });

  it('never shows the password, and never breaks out of a quoted text', () => {
    const text = fc.string({ minLength: 8 });
    fc.assert(
      fc.property(text, text, text, (realm, username, password) => {
        fc.pre(!`${realm}${username}`.includes(password));
        const challenge = {
          ...{ realm, nonce: 'n', session: true, qop: true, stale: false, userhash: false },
          algorithm: 'SHA-256' as const,
        };
        const header = digestAuthorization(challenge, { ...mufasa, username, password });
        expect(header).not.toContain(password);
        expect(chooseChallenge(header)).toMatchObject({ realm });
      }),
    );
  });

  it('reads any header without a throw', () => {
    fc.assert(fc.property(fc.string(), (header) => void chooseChallenge(`Digest ${header}`)));
  });
});
