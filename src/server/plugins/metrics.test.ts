import { afterEach, describe, expect, it } from 'vitest';
import { ServerMeters } from '../../metrics/server-meters.ts';
import { createServerMetrics } from '../../metrics/server-metrics.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start() {
  const meters = new ServerMeters();
  const metrics = createServerMetrics(meters, { version: '1.2.3' });
  const server = await startTestServer({ metrics });
  servers.push(server);
  server.rules.tokens = { admin: 'admin', prometheus: 'prometheus', nobody: 'nobody' };
  server.rules.rights.prometheus = ['get /metrics'];
  const ask = (token?: string) =>
    server.app.inject({
      url: '/metrics',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  return { meters, ask, server };
}

describe('the metrics of the server', () => {
  it('are for those who may get the path, and say what was counted', async () => {
    const { meters, ask } = await start();
    meters.webhook('pager');
    meters.told('pager', 'Away', 200);
    const answer = await ask('prometheus');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('version=0.0.4'),
    ]);
    expect(answer.body.split('\n')).toEqual(
      expect.arrayContaining([
        'metalwright_webhook_deliveries_total{webhook="pager",result="Delivered"} 0',
        'metalwright_webhook_deliveries_total{webhook="pager",result="Away"} 1',
        'metalwright_webhook_delivery_seconds_count{webhook="pager"} 1',
        'metalwright_build_info{version="1.2.3"} 1',
      ]),
    );
  });

  it.each([
    ['a stranger', undefined, 401, 'Unauthenticated'],
    ['a token that nobody knows', 'forged', 401, 'Unauthenticated'],
    ['somebody who may not', 'nobody', 403, 'Forbidden'],
  ])('are not for %s', async (_, token, status, code) => {
    const { ask } = await start();
    const answer = await ask(token);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it('are not there when nothing counts', async () => {
    const server = await startTestServer();
    servers.push(server);
    const answer = await server.app.inject({ url: '/metrics', headers: { authorization: 'Bearer admin' } });
    expect(answer.statusCode).toBe(404);
  });
});
