import { describe, expect, it } from 'vitest';
import { problem, type Route } from './answer.ts';
import { matchRoute } from './router.ts';

const route = (pattern: string): Route => ({
  ...{ pattern, methods: ['GET'], errors: 'Text' },
  handle: () => problem('NotFound'),
});
const routes = [route('/boot/:script'), route('/agent/v1/tasks/:id/events'), route('/healthz')];

describe('matchRoute', () => {
  it.each([
    ['/healthz', '/healthz', []],
    ['/boot/x.ipxe', '/boot/:script', ['x.ipxe']],
    ['/agent/v1/tasks/a%2Fb%3A1/events', '/agent/v1/tasks/:id/events', ['a/b:1']],
  ])('%s', (path, pattern, parameters) => {
    const match = matchRoute(routes, path);
    expect([match?.route.pattern, match?.parameters]).toEqual([pattern, parameters]);
  });

  it.each(['/', '', '/boot', '/boot/', '/boot/a/b', '/boot/%zz', '/healthz/', '//healthz', '/HEALTHZ'])(
    'nothing for %j',
    (path) => {
      expect(matchRoute(routes, path)).toBeUndefined();
    },
  );
});
