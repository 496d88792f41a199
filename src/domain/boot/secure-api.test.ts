import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSecureApi, type SecureApi, secureApiWords } from './secure-api.ts';

const authority = 'a'.repeat(64);
const wordsOf = (line: string): Map<string, string> =>
  new Map(
    line
      .split(' ')
      .filter((word) => word.includes('='))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );

describe('HTTPS on the kernel command line', () => {
  const host = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{1,10}){0,3}$/);

  it('is read as it was written', () => {
    const api = fc.record(
      {
        port: fc.integer({ min: 1, max: 65535 }),
        authority: fc.stringMatching(/^[0-9a-f]{64}$/),
        name: host,
      },
      { requiredKeys: ['port', 'authority'] },
    );
    fc.assert(
      fc.property(api, (written: SecureApi) => {
        expect(parseSecureApi(wordsOf(secureApiWords(written).join(' ')))).toEqual(written);
      }),
    );
  });

  it('is not asked for without its words', () => {
    expect(parseSecureApi(wordsOf('quiet mw.rack=http://10.0.0.1:7480'))).toBeUndefined();
  });

  it.each([
    ['without an authority', 'mw.https=7443'],
    ['without a port', `mw.ca=${authority}`],
    ['with a port that is none', `mw.https=70000 mw.ca=${authority}`],
    ['with half a digest', 'mw.https=7443 mw.ca=abc'],
    ['with a name that is none', `mw.https=7443 mw.ca=${authority} mw.name=*.example`],
  ])('is not given up where it cannot be used: %s', (_, line) => {
    expect(parseSecureApi(wordsOf(line))).toBe('unusable');
  });
});
