import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DigestGuard, digestGuard } from '../testing/digest-guard.ts';
import { type HttpService, type ServiceAnswer, startHttpService } from '../testing/http-service.ts';
import { type BmcHttp, createBmcHttp } from './client.ts';
import { withDigest } from './digest-client.ts';

const username = 'admin';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);
const asked = { method: 'GET', path: '/state?n=1' } as const;

describe('requests with digest authentication', () => {
  let guard: DigestGuard;
  let answer: ServiceAnswer | undefined;
  let service: HttpService;
  const clients: BmcHttp[] = [];
  const open = (secret = password): BmcHttp => {
    const plain = createBmcHttp({ address: service.address }, { scheme: 'http', port: 80 });
    const client = withDigest(plain, { username, password: secret });
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    guard = digestGuard({ username, password });
    answer = undefined;
    service = await startHttpService((request) => answer ?? guard.refuse(request) ?? { body: 'fine' });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await service.close();
  });

  it('ask for the nonce once, and count', async () => {
    const client = open();
    for (let turn = 0; turn < 3; turn++) await client.ask(asked, signal);
    expect(service.requests).toHaveLength(4);
    expect(service.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each(['stale', 'silent'] as const)('renew a nonce that has run out (%s)', async (how) => {
    const client = open();
    await client.ask(asked, signal);
    guard.expire(how);
    await client.ask(asked, signal);
    expect(service.requests).toHaveLength(4);
  });

  it('show a wrong password once', async () => {
    const client = open('not it');
    await expect(client.ask(asked, signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
    });
    expect(service.requests.filter(({ headers }) => headers.authorization !== undefined)).toHaveLength(1);
  });

  it.each([
    ['only Basic', 'Basic realm="device"'],
    ['an unknown hash', 'Digest realm="device", nonce="n", algorithm=XYZ'],
  ])('never fall back where the server offers %s', async (_, challenge) => {
    answer = { status: 401, headers: { 'www-authenticate': challenge } };
    await expect(open().ask(asked, signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    expect(service.requests).toHaveLength(1);
    expect(JSON.stringify(service.requests)).not.toContain(password);
  });

  it('ends where a server refuses without end', async () => {
    const client = open();
    await client.ask(asked, signal);
    answer = { status: 401, headers: { 'www-authenticate': 'Digest realm="x", nonce="n", stale=true' } };
    await expect(client.ask(asked, signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    expect(service.requests).toHaveLength(4);
  });
});
