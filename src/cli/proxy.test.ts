import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const proxy = 'http://proxy.example:3128/';

describe('the proxy for a server', () => {
  it.each<[string, string, boolean]>([
    ['https://api.example', '', true],
    ['https://api.example', 'example', false],
    ['https://api.example', 'api.example', false],
    ['https://api.example', 'API.Example', false],
    ['https://api.example', '.example', false],
    ['https://api.example', '*.example', false],
    ['https://example', '.example', true],
    ['https://example', '*.example', true],
    ['https://api.example', 'pi.example', true],
    ['https://api.example', 'other, api.example', false],
    ['https://api.example', '*', false],
    ['https://api.example:6443', 'api.example:6443', false],
    ['https://api.example:6443', 'api.example:443', true],
    ['https://api.example', 'api.example:443', false],
    ['https://10.0.0.7:6443', '10.0.0.7', false],
    ['https://10.0.0.7:6443', '10.0.0.8', true],
    ['https://10.0.0.7', '10.0.0.0/8', false],
    ['https://10.0.0.7', '11.0.0.0/8', true],
    ['https://10.0.0.7', '10.0.0.0/99', true],
    ['https://10.example', '10.0.0.0/8', true],
    ['https://[fd00::7]', 'fd00::/8', false],
    ['https://[fd00::7]:6443', 'fd00::7', false],
    ['https://[fd00::7]:6443', '[fd00::7]:6443', false],
    ['https://[fd00::7]:6443', '[fd00::7]:443', true],
    ['https://localhost:6443', '', false],
    ['https://127.0.0.1:6443', '', false],
    ['https://[::1]:6443', '', false],
  ])('%s, without one for "%s": %s', (server, no, through) => {
    expect(proxyFor(new URL(server), { https: 'http://proxy.example:3128', no })).toBe(
      through ? proxy : undefined,
    );
  });

  it('is one by the way that the server is spoken to', () => {
    const environment = { https: 'proxy.example:3128', http: 'https://other.example' };
    expect(proxyFor(new URL('https://api.example'), environment)).toBe(proxy);
    expect(proxyFor(new URL('http://api.example'), environment)).toBe('https://other.example/');
    expect(proxyFor(new URL('http://api.example'), { https: proxy })).toBeUndefined();
  });

  it.each(['socks5://proxy.example', 'http://', 'a b'])('is none that is no proxy for HTTP: %s', (https) => {
    expect(() => proxyFor(new URL('https://api.example'), { https })).toThrow(/HTTPS_PROXY/);
    expect(proxyFor(new URL('https://api.example'), { https, no: '*' })).toBeUndefined();
  });
});
