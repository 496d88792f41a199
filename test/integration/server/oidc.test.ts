import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../lab/net/free-ports.ts';
import type { UserInfo } from '../../../src/kube/endpoint/reviews.ts';
import { kubeError } from '../../../src/kube/errors.ts';
import { createSealer } from '../../../src/server/sign-in/seal.ts';
import { startTestServer, type TestServer } from '../../../src/server/testing/server.ts';
import { clientId, startProvider, type TestProvider } from './provider.ts';

/** A browser: cookies of each host and port, and no more redirects than it is told to follow. */
function createBrowser() {
  const jars = new Map<string, Map<string, string>>();
  async function go(url: string | URL, init: RequestInit = {}) {
    const jar = jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie, accept: 'text/html,*/*;q=0.8' },
    });
    for (const text of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(text)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  /** Where the browser ends up, or what it is sent to first that this is true of. */
  async function follow(url: string | URL, until: (location: URL) => boolean): Promise<URL> {
    let at = new URL(url);
    for (let hops = 0; hops < 12; hops += 1) {
      const location = (await go(at)).headers.get('location');
      if (location === null) return at;
      at = new URL(location, at);
      if (until(at)) return at;
    }
    throw new Error(`too many redirects: ${at.href}`);
  }
  function jarOf(url: string | URL): Map<string, string> {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    return jar;
  }
  return { go, follow, jarOf };
}

const clientSecret = randomBytes(24).toString('hex');
const secret = randomBytes(32);
const sealer = createSealer([secret]);

describe('signing in with a provider of OpenID Connect', () => {
  let provider: TestProvider;
  let servers: TestServer[] = [];
  let url = '';
  let otherUrl = '';
  const writers: UserInfo[] = [];

  beforeAll(async () => {
    const [port = 0, otherPort = 0] = await freePorts(2);
    url = `http://127.0.0.1:${port}`;
    otherUrl = `http://127.0.0.1:${otherPort}`;
    provider = await startProvider({
      clientSecret,
      redirectUris: [`${url}/api/v1/sign-in/oidc/callback`],
    });
    const start = async (on: number, groupsPrefix: string) => {
      const server = await startTestServer({
        signIn: {
          publicUrl: new URL(url),
          sealer: () => sealer,
          oidc: {
            issuer: provider.issuer,
            title: 'Example',
            clientId,
            clientSecret,
            scopes: ['openid', 'email', 'groups'],
            usernameClaim: 'sub',
            usernamePrefix: 'oidc:',
            groupsClaim: 'groups',
            groupsPrefix,
          },
        },
        writesAs(user) {
          writers.push(user);
          const refuse = async () => {
            throw kubeError('Forbidden', 'this is only a test');
          };
          return { create: refuse, replace: refuse, patch: refuse, delete: refuse };
        },
      });
      await server.listen({ address: '127.0.0.1', port: on });
      return server;
    };
    servers = [await start(port, 'oidc:'), await start(otherPort, '')];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await provider.stop();
  });
  beforeEach(() => {
    provider.account = { sub: 'ann', email: 'ann@example.org', groups: ['ops'] };
  });

  const begin = () => `${url}/api/v1/sign-in/oidc?to=/machines?phase=Ready`;
  const isCallback = ({ pathname }: URL) => pathname.endsWith('/callback');
  const isPage = ({ pathname }: URL) => !pathname.startsWith('/api') && !/auth|interaction/.test(pathname);

  it('ends where somebody wanted to go, as whom the provider says, and writes are in that name', async () => {
    const browser = createBrowser();
    const ways: { methods: object[] } = JSON.parse(await (await browser.go(`${url}/api/v1/sign-in`)).text());
    expect(ways.methods[0]).toEqual({ method: 'Oidc', title: 'Example', path: '/api/v1/sign-in/oidc' });
    const end = await browser.follow(begin(), isPage);
    expect(end.href).toBe(`${url}/machines?phase=Ready`);
    const who = await (await browser.go(`${url}/api/v1/session`)).json();
    expect(who).toMatchObject({
      user: { name: 'oidc:ann', groups: ['oidc:ops', 'system:authenticated'] },
      by: 'Session',
      session: { method: 'Oidc' },
    });
    expect([...browser.jarOf(url).keys()]).toEqual(['metalwright-session']);
    const written = await browser.go(`${url}/api/v1/zones/north`, {
      method: 'DELETE',
      headers: { 'x-metalwright-request': '1' },
    });
    expect(written.status).toBe(403);
    expect(writers.at(-1)).toEqual({ username: 'oidc:ann', groups: ['oidc:ops', 'system:authenticated'] });
  });

  it('asks the provider with PKCE, state and nonce, and never twice with the same', async () => {
    const browser = createBrowser();
    const asked = async () => {
      const location = (await browser.go(begin())).headers.get('location') ?? '';
      return new URL(location).searchParams;
    };
    const [first, second] = [await asked(), await asked()];
    expect(first.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first.get(name)).toMatch(/^[\w-]{43}$/);
      expect(first.get(name)).not.toBe(second.get(name));
    }
  });

  it('may begin at one server and end at another', async () => {
    const browser = createBrowser();
    const callback = await browser.follow(begin(), isCallback);
    for (const [name, value] of browser.jarOf(url)) browser.jarOf(otherUrl).set(name, value);
    const answer = await browser.go(`${otherUrl}${callback.pathname}${callback.search}`);
    expect(answer.headers.get('location')).toBe('/machines?phase=Ready');
    expect((await browser.go(`${otherUrl}/api/v1/session`)).status).toBe(200);
  });

  const refused = '/sign-in?problem=SignInRefused';

  it('is refused to another browser than the one that began, and to the same one twice', async () => {
    const browser = createBrowser();
    const callback = await browser.follow(begin(), isCallback);
    const cookies = new Map(browser.jarOf(url));
    expect((await createBrowser().go(callback)).headers.get('location')).toBe(refused);
    expect((await browser.go(callback)).headers.get('location')).toBe('/machines?phase=Ready');
    expect((await browser.go(callback)).headers.get('location')).toBe(refused);
    for (const [name, value] of cookies) browser.jarOf(url).set(name, value);
    expect((await browser.go(callback)).headers.get('location')).toBe(refused);
  });

  it.each(['state', 'nonce', 'verifier'])('is refused with another %s than it began with', async (part) => {
    const browser = createBrowser();
    const callback = await browser.follow(begin(), isCallback);
    const jar = browser.jarOf(url);
    const kept = JSON.parse(sealer.open('sign-in', jar.get('metalwright-sign-in') ?? '') ?? '');
    const changed = { ...kept, [part]: randomBytes(32).toString('base64url') };
    jar.set('metalwright-sign-in', sealer.seal('sign-in', JSON.stringify(changed)));
    expect((await browser.go(callback)).headers.get('location')).toBe(refused);
    expect((await browser.go(`${url}/api/v1/session`)).status).toBe(401);
  });

  it('is refused with the name of a group that is Kubernetes’ own', async () => {
    provider.account = { sub: 'eve', groups: ['system:masters'] };
    const browser = createBrowser();
    const callback = await browser.follow(begin(), isCallback);
    for (const [name, value] of browser.jarOf(url)) browser.jarOf(otherUrl).set(name, value);
    const answer = await browser.go(`${otherUrl}${callback.pathname}${callback.search}`);
    expect(answer.headers.get('location')).toBe(refused);
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example'])(
    'does not go on to %s',
    async (to) => {
      const answer = await createBrowser().go(`${url}/api/v1/sign-in/oidc?to=${encodeURIComponent(to)}`);
      expect(answer.status).toBe(400);
    },
  );

  it('says so when somebody said no at the provider', async () => {
    const browser = createBrowser();
    const callback = await browser.follow(begin(), isCallback);
    const state = callback.searchParams.get('state');
    const iss = encodeURIComponent(provider.issuer.origin);
    const no = `${url}/api/v1/sign-in/oidc/callback?error=access_denied&state=${state}&iss=${iss}`;
    expect((await browser.go(no)).headers.get('location')).toBe(refused);
  });
});

describe('a provider that is away', () => {
  it('keeps no server from starting, and is told of', async () => {
    const [port = 0] = await freePorts(1);
    const server = await startTestServer({
      signIn: {
        publicUrl: new URL('http://localhost'),
        oidc: {
          issuer: new URL(`http://127.0.0.1:${port}`),
          title: 'Nobody',
          clientId,
          clientSecret,
          scopes: ['openid'],
          usernameClaim: 'sub',
          usernamePrefix: '',
          groupsClaim: 'groups',
          groupsPrefix: '',
        },
      },
    });
    const answer = await server.app.inject('/api/v1/sign-in/oidc');
    await server.stop();
    expect([answer.statusCode, answer.headers.location]).toEqual([
      303,
      '/sign-in?problem=ProviderUnavailable',
    ]);
  });
});
