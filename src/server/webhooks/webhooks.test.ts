import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../domain/clock.ts';
import { systemTimers } from '../../kube/timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { ServerMeters } from '../../metrics/server-meters.ts';
import type { Database } from '../../store/database.ts';
import { createInserter } from '../../store/insert.ts';
import { maintain } from '../../store/maintenance.ts';
import { migrate, readMigrations } from '../../store/migrate.ts';
import { openPglite } from '../../store/pglite/pglite.ts';
import type { EventRow } from '../../store/tables/events.ts';
import { defaultRetention, type HistoryRow } from '../../store/tables.ts';
import { anEvent, aResult } from '../../store/testing/rows.ts';
import type { Notice, WebhookTopic } from '../../store/webhooks.ts';
import { type CloudEvent, cloudEventOf } from './cloud-event.ts';
import { createPoster, sentOf } from './post.ts';
import { signatureOf } from './signature.ts';
import { createWebhooks, pauseAfter, type Webhooks } from './webhooks.ts';

const notice: Notice = {
  ...{ at: '2026-11-20T10:00:00.000001Z', id: '6f0c2a52-77f1-5d1e-9a39-0c9a3f1f2b11', kind: 'Phase' },
  ...{ machine: 'r1', word: 'Deployed', message: 'It is Deployed.', failed: false },
};

describe('an event for others', () => {
  const shared = {
    ...{ specversion: '1.0', id: notice.id, source: 'urn:metalwright', subject: 'r1', time: notice.at },
    datacontenttype: 'application/json',
  };
  it.each<[string, Partial<Notice>, object]>([
    [
      'is a phase',
      {},
      {
        type: 'dev.metalwright.machine.phase',
        data: { machine: 'r1', phase: 'Deployed', message: 'It is Deployed.' },
      },
    ],
    [
      'is a failure with its reason',
      { word: 'DeployFailed', failed: true, message: 'why', details: { reason: 'TaskFailed' } },
      {
        type: 'dev.metalwright.machine.failure',
        data: { machine: 'r1', phase: 'DeployFailed', reason: 'TaskFailed', message: 'why' },
      },
    ],
    [
      'is a test with its outcome',
      {
        kind: 'Test',
        word: 'memory',
        outcome: 'Failed',
        failed: true,
        message: 'why',
        details: { seconds: 9 },
      },
      {
        type: 'dev.metalwright.machine.test',
        data: { machine: 'r1', test: 'memory', outcome: 'Failed', seconds: 9, message: 'why' },
      },
    ],
    [
      'is a warning about a machine',
      {
        ...{ kind: 'Warning', word: 'BmcUnreachable', failed: true, message: 'why' },
        details: { kind: 'Machine', name: 'r1', count: 2, source: 'metalwright.dev/rack' },
      },
      {
        type: 'dev.metalwright.event.warning',
        data: {
          ...{ kind: 'Machine', name: 'r1', machine: 'r1', reason: 'BmcUnreachable', message: 'why' },
          ...{ count: 2, source: 'metalwright.dev/rack' },
        },
      },
    ],
    [
      'is a warning about something else',
      {
        ...{ kind: 'Warning', machine: undefined, word: 'NoMachine', failed: true, message: 'why' },
        details: { kind: 'Allocation', namespace: 'team-a', name: 'web', count: 1 },
      },
      {
        ...{ type: 'dev.metalwright.event.warning', subject: 'Allocation/team-a/web' },
        data: {
          ...{ kind: 'Allocation', namespace: 'team-a', name: 'web', count: 1 },
          ...{ reason: 'NoMachine', message: 'why' },
        },
      },
    ],
  ])('%s', (_, given, event) => {
    expect(cloudEventOf({ ...notice, ...given }, 'urn:metalwright')).toEqual({ ...shared, ...event });
  });

  it('is signed by every secret, over the time and the body', () => {
    const sum = (secret: string) => createHmac('sha256', secret).update('1700000000.{"a":"ä"}').digest('hex');
    expect(signatureOf('{"a":"ä"}', ['one', 'two'], 1_700_000_000)).toBe(
      `t=1700000000,v1=${sum('one')},v1=${sum('two')}`,
    );
  });

  it.each([
    [1, 0, 4_000],
    [1, 1, 6_000],
    [3, 0.5, 20_000],
    [30, 0.5, 900_000],
    [100_000, 1, 1_080_000],
  ])('is tried again, after attempt %i, at %f of the spread, in %i ms', (attempts, random, pause) => {
    expect(pauseAfter(attempts, random)).toBe(pause);
  });

  it.each([
    [204, undefined, { kind: 'Delivered' }],
    [302, undefined, { kind: 'Refused', why: 'answers 302' }],
    [404, '9', { kind: 'Refused', why: 'answers 404' }],
    [408, undefined, { kind: 'Away', why: 'answers 408' }],
    [429, '9', { kind: 'Away', why: 'answers 429', retryAfterMs: 9_000 }],
    [503, '99999999', { kind: 'Away', why: 'answers 503', retryAfterMs: 3_600_000 }],
    [503, 'Fri, 20 Nov 2026 10:00:00 GMT', { kind: 'Away', why: 'answers 503' }],
  ])('that is answered %i, again after %s, is %o', (status, retryAfter, sent) => {
    expect(sentOf(status, retryAfter)).toEqual(sent);
  });
});

describe('webhooks', { timeout: 120_000 }, () => {
  interface Heard {
    headers: IncomingHttpHeaders;
    event: CloudEvent;
    body: string;
  }
  const secret = crypto.randomUUID();
  let database: Database;
  let receiver: Server;
  let url: URL;
  let heard: Heard[];
  let answer: (event: CloudEvent) => number;
  let figures = { pending: 0, spooledBytes: 0 };
  let isOurs: boolean;
  const running: Webhooks[] = [];
  const meters = new ServerMeters();

  beforeAll(async () => {
    database = await openPglite({ statementTimeoutMs: 60_000 });
    await migrate(database, await readMigrations());
    await maintain(database, { now: Date.now(), retention: defaultRetention });
    receiver = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const event: CloudEvent = JSON.parse(body);
      heard.push({ headers: request.headers, event, body });
      response.writeHead(answer(event)).end('x'.repeat(100_000));
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const bound = receiver.address();
    url = new URL(`http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}/hook?key=private`);
  }, 120_000);
  beforeEach(() => {
    heard = [];
    answer = () => 200;
    isOurs = true;
    figures = { pending: 0, spooledBytes: 0 };
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((webhooks) => webhooks.stop()));
  });
  afterAll(async () => {
    receiver?.closeAllConnections();
    receiver?.close();
    await database?.close();
  });

  const insert = (...rows: HistoryRow[]) =>
    createInserter(database, defaultRetention).insert(rows, Date.now());
  let latest = 0;
  /** Never the same moment twice: what is told is in order. */
  const now = () => {
    latest = Math.max(latest + 1, Date.now());
    return new Date(latest).toISOString();
  };
  const phase = (machine: string, reason: string, at = now()) =>
    anEvent({
      ...{ machine, at, class: 'Phase', reason, type: reason.endsWith('Failed') ? 'Warning' : 'Normal' },
      message: `It is ${reason}.`,
    });
  function tell(name: string, events: readonly WebhookTopic[]): Webhooks {
    const webhooks = createWebhooks({
      webhooks: [{ name, url, secrets: [secret], events }],
      store: {
        read: (reader) => reader(database),
        figures: () => ({ ...figures, stored: 0, lost: 0, refused: 0, trouble: undefined }),
      },
      ...{ isOurs: () => isOurs, source: 'urn:metalwright', version: '0.0.0', everyMs: 20 },
      ...{ log: silentLogger, timers: systemTimers, clock: systemClock, meters },
    });
    running.push(webhooks);
    webhooks.start();
    return webhooks;
  }
  const known = (name: string) =>
    expect
      .poll(() => database.query('SELECT 1 AS one FROM metalwright.webhooks WHERE name = $1', [name]), {
        timeout: 30_000,
      })
      .toHaveLength(1);
  const words = () => heard.map(({ event: { data } }) => `${data.machine} ${data.phase ?? data.test}`);
  const patient = { timeout: 30_000, interval: 20 };
  /** Pauses are real time: the next attempt is now. */
  const hurry = () =>
    database.query('UPDATE metalwright.webhook_deliveries SET next_at = now() WHERE next_at IS NOT NULL');

  it('are told what happens from then on, once, in order, and signed', async () => {
    await insert(phase('a', 'Ready', new Date(Date.now() - 60_000).toISOString()));
    tell('first', ['phases', 'tests']);
    await known('first');
    const [one, two] = [phase('a', 'Deploying'), phase('a', 'DeployFailed')];
    await insert(one, two);
    await insert(aResult({ at: now(), machine: 'a', name: 'memory' }), anEvent({ at: now(), machine: 'a' }));
    await expect.poll(words, patient).toEqual(['a Deploying', 'a DeployFailed', 'a memory']);
    // Told again, as after a restart of the server.
    await insert(one, two, phase('a', 'Erasing'));
    await expect.poll(words, patient).toEqual(['a Deploying', 'a DeployFailed', 'a memory', 'a Erasing']);
    const [first] = heard;
    expect(first?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    const [, seconds = '', sum] =
      /^t=(\d+),v1=(\w+)$/.exec(String(first?.headers['x-metalwright-signature'])) ?? [];
    expect(sum).toBe(createHmac('sha256', secret).update(`${seconds}.${first?.body}`).digest('hex'));
    expect(new Set(heard.map(({ event }) => event.id)).size).toBe(4);
  });

  it('are told of failures alone where that is wanted', async () => {
    tell('failures', ['failures']);
    await known('failures');
    await insert(phase('b', 'Deploying'), phase('b', 'EraseFailed'), phase('b', 'Ready'));
    await insert(
      aResult({ at: now(), machine: 'b', name: 'disk', outcome: 'Failed' }),
      phase('b', 'TestFailed'),
    );
    await expect.poll(words, patient).toEqual(['b EraseFailed', 'b TestFailed']);
  });

  it('are told of a warning again when it is counted up, and of nothing that is normal', async () => {
    tell('warnings', ['warnings']);
    await known('warnings');
    const at = now();
    const warning = (over: Partial<EventRow>) =>
      anEvent({ ...{ machine: 'w', at, reason: 'BmcUnreachable', type: 'Warning', count: 1 }, ...over });
    await insert(warning({}), anEvent({ at: now(), machine: 'w' }), phase('w', 'EraseFailed'));
    const counts = () => heard.map(({ event: { data } }) => `${data.reason} ${data.count}`);
    await expect.poll(counts, patient).toEqual(['BmcUnreachable 1']);
    await insert(warning({ count: 3, last_at: now() }), warning({ count: 3, last_at: now() }));
    await expect.poll(counts, patient).toEqual(['BmcUnreachable 1', 'BmcUnreachable 3']);
    await insert(warning({ at: now(), reason: 'Late' }));
    await expect.poll(counts, patient).toEqual(['BmcUnreachable 1', 'BmcUnreachable 3', 'Late 1']);
    expect(new Set(heard.map(({ event }) => event.id)).size).toBe(3);
    expect(heard[0]?.event).toMatchObject({
      ...{ type: 'dev.metalwright.event.warning', subject: 'w', time: at.replace('Z', '000Z') },
      data: { kind: 'Machine', name: 'w' },
    });
  });

  it('are told later what they could not take, by another server too, and the rest meanwhile', async () => {
    const first = tell('later', ['phases']);
    await known('later');
    answer = ({ data }) => (data.phase === 'Deploying' ? 400 : 200);
    await insert(phase('c', 'Deploying'), phase('c', 'Deployed'));
    await expect.poll(words, patient).toContain('c Deployed');
    expect(words()[0]).toBe('c Deploying');
    await first.stop();
    heard = [];
    answer = () => 200;
    await hurry();
    tell('later', ['phases']);
    await expect.poll(words, patient).toEqual(['c Deploying']);
    const counted = () => meters.deliveries.entries().filter(([word]) => word.startsWith('later'));
    await expect.poll(() => counted().map(([, count]) => count), patient).toEqual([2, 1, 0]);
    expect(meters.delivery.of('later').counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  it('are left alone while they are away, and miss nothing', async () => {
    const first = tell('away', ['phases']);
    await known('away');
    answer = () => 503;
    await insert(phase('d', 'Deploying'), phase('d', 'Deployed'));
    await expect.poll(words, patient).toContain('d Deploying');
    await first.stop();
    expect(words()).not.toContain('d Deployed');
    heard = [];
    answer = () => 200;
    await hurry();
    tell('away', ['phases']);
    await expect.poll(words, patient).toEqual(['d Deploying', 'd Deployed']);
  });

  it('are told by one server alone', async () => {
    isOurs = false;
    tell('ours', ['phases']);
    await insert(phase('e', 'Ready'));
    isOurs = true;
    await known('ours');
    await insert(phase('e', 'Deploying'));
    await expect.poll(words, patient).toEqual(['e Deploying']);
  });

  it('are looked at from where all was told, which moves on only when nothing is on its way', async () => {
    const behind = () =>
      database.query(
        "SELECT 1 AS one FROM metalwright.webhooks WHERE name = 'moving' AND told_until < now() - interval '1 hour'",
      );
    figures = { pending: 0, spooledBytes: 10 };
    tell('moving', ['phases']);
    await known('moving');
    await database.query(
      "UPDATE metalwright.webhooks SET told_until = now() - interval '5 hours', since = now() - interval '9 hours' WHERE name = 'moving'",
    );
    await insert(phase('f', 'Ready', new Date(Date.now() - 4 * 3_600_000).toISOString()));
    await expect.poll(() => words().includes('f Ready'), patient).toBe(true);
    expect(await behind()).toHaveLength(1);
    figures = { pending: 0, spooledBytes: 0 };
    await expect.poll(behind, patient).toHaveLength(0);
  });

  it('keep their URL out of what is said when nobody is there', async () => {
    const gone = new URL('http://127.0.0.1:1/hook?key=private');
    const poster = createPoster(gone, undefined);
    const sent = await poster.post('{}', {}, new AbortController().signal);
    await poster.close();
    expect(sent).toMatchObject({ kind: 'Away' });
    expect(JSON.stringify(sent)).not.toContain('private');
  });
});
