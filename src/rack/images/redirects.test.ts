import { describe, expect, it } from 'vitest';
import { isInward, lookupOutward, refuseRedirect } from './redirects.ts';

describe('a redirect', () => {
  it.each([
    ['http://a.example/x', 'http://b.example/y', undefined],
    ['http://a.example/x', 'https://b.example/y', undefined],
    ['http://127.0.0.1:8080/x', 'http://127.0.0.1:8080/y', undefined],
    ['http://10.0.0.1/x', 'http://10.0.0.2/x', undefined],
    ['https://a.example/x', 'http://a.example/x', 'it leads from https to http'],
    ['http://a.example/x', 'file:///etc/passwd', 'it leads to file:'],
    ['http://a.example/x', 'http://127.0.0.1/', "it leads to 127.0.0.1, an address of the rack's own"],
    ['http://a.example/x', 'http://0x7f000001/', "it leads to 127.0.0.1, an address of the rack's own"],
    ['http://a.example/x', 'http://169.254.169.254/', expect.stringContaining('169.254.169.254')],
    ['http://a.example/x', 'http://[::1]/', expect.stringContaining('::1')],
    ['http://a.example/x', 'http://[::ffff:127.0.0.1]/', expect.stringContaining('7f00')],
    ['http://a.example/x', 'http://[fe80::1]/', expect.stringContaining('fe80::1')],
  ])('from %s to %s', (from, to, refusal) => {
    expect(refuseRedirect(new URL(from), new URL(to))).toEqual(refusal);
  });

  it.each([
    ['10.0.0.1', false],
    ['192.168.1.1', false],
    ['2001:db8::1', false],
    ['fd00::1', false],
    ['0.0.0.0', true],
    ['::', true],
    ['::1', true],
    ['::ffff:169.254.0.1', true],
    ['239.1.2.3', true],
    ['255.255.255.255', true],
    ['no address', true],
  ])('%s is inward: %s', (address, expected) => {
    expect(isInward(address)).toBe(expected);
  });

  it('of a name that is this very machine finds nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    lookupOutward('localhost', { all: true }, (error) => resolve(error));
    expect((await promise)?.message).toContain('localhost');
  });
});
