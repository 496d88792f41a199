import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { startTestServer } from '../testing/server.ts';
import { createAdminLinks } from './admin-links.ts';

const user = { username: 'boss', groups: [] };

describe('a link that signs in', () => {
  it('does so once', () => {
    const links = createAdminLinks(createManualTimers());
    const code = links.issue(user);
    expect(code).toMatch(/^[\w-]{43}$/);
    expect(links.redeem(`${code}x`)).toBeUndefined();
    expect(links.redeem(code)).toEqual(user);
    expect(links.redeem(code)).toBeUndefined();
  });

  it('does so for ten minutes', async () => {
    const timers = createManualTimers();
    const links = createAdminLinks(timers);
    const [early, late] = [links.issue(user), links.issue(user)];
    await timers.advance(599_000);
    expect(links.redeem(early)).toEqual(user);
    await timers.advance(1_000);
    expect(links.redeem(late)).toBeUndefined();
  });

  it('leads to the pages as its user, once, and not when only its head is looked at', async () => {
    const server = await startTestServer();
    server.rules.rights.boss = ['list zones'];
    const link = server.adminLink({ username: 'boss', groups: ['bosses'] });
    const go = (url: string, cookies: Record<string, string> = {}) => server.app.inject({ url, cookies });
    expect((await server.app.inject({ method: 'HEAD', url: link })).statusCode).not.toBe(303);
    const entered = await go(link);
    expect([entered.statusCode, entered.headers.location]).toEqual([303, '/']);
    const cookies = Object.fromEntries(entered.cookies.map(({ name, value }) => [name, value]));
    const who = await go('/api/v1/session', cookies);
    expect(who.json()).toMatchObject({
      user: { name: 'boss', groups: ['bosses', 'system:authenticated'] },
      session: { method: 'AdminLink' },
      rights: { zones: ['list'], machines: [] },
    });
    const again = await go(link);
    expect([again.headers.location, again.cookies]).toEqual(['/sign-in?problem=SignInRefused', []]);
    await server.stop();
  });
});
