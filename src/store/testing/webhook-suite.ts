import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { createInserter } from '../insert.ts';
import { maintain } from '../maintenance.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { defaultRetention, type HistoryRow } from '../tables.ts';
import {
  beginWebhook,
  noteAllTold,
  noteDelivered,
  noteFailed,
  readNotices,
  type WebhookTopic,
  webhookTopics,
} from '../webhooks.ts';
import { anEvent, aResult } from './rows.ts';

/** What a database remembers of who was told of what: PGlite and PostgreSQL pass the same tests. */
export function describeWebhookStore(name: string, open: () => Promise<Database>): void {
  describe(`webhooks in ${name}`, () => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
      await migrate(database, await readMigrations());
      await maintain(database, { now: Date.now(), retention: defaultRetention });
    }, 120_000);
    afterAll(() => database?.close());

    const insert = (...rows: HistoryRow[]) =>
      createInserter(database, defaultRetention).insert(rows, Date.now());
    /** The clock of the database: what is told depends on it. */
    const ago = async (interval: string): Promise<string> => {
      const [row] = await database.query(
        `SELECT to_char((now() - interval '${interval}') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
      );
      return String(row?.at);
    };
    const phase = (machine: string, reason: string, at: string) =>
      anEvent({
        machine,
        at,
        class: 'Phase',
        reason,
        type: reason.endsWith('Failed') ? 'Warning' : 'Normal',
      });
    const notices = (webhook: string, topics: readonly WebhookTopic[] = webhookTopics, limit = 50) =>
      readNotices(database, { webhook, topics, limit });
    const words = async (...of: Parameters<typeof notices>) => (await notices(...of)).map(({ word }) => word);
    /** As if it had been there for so long. */
    const begin = async (webhook: string, interval: string) => {
      await beginWebhook(database, webhook);
      await database.query(
        `UPDATE metalwright.webhooks SET since = now() - interval '${interval}', told_until = now() - interval '${interval}' WHERE name = $1`,
        [webhook],
      );
    };
    const toldUntil = async (webhook: string) =>
      database.query('SELECT told_until::text AS at FROM metalwright.webhooks WHERE name = $1', [webhook]);

    it('tells a new one nothing of what was before, and one that is not known nothing at all', async () => {
      await insert(phase('a', 'Ready', await ago('1 minute')));
      expect(await words('nobody')).toEqual([]);
      await beginWebhook(database, 'new');
      expect(await words('new')).toEqual([]);
      const before = await toldUntil('new');
      await beginWebhook(database, 'new');
      expect(await toldUntil('new')).toEqual(before);
    });

    it.each<[string, WebhookTopic[], string[]]>([
      ['every phase', ['phases'], ['Deploying', 'DeployFailed']],
      ['failures alone', ['failures'], ['DeployFailed']],
      ['tests alone', ['tests'], ['memory']],
      ['warnings alone', ['warnings'], ['BmcUnreachable']],
      ['failures and tests', ['failures', 'tests'], ['DeployFailed', 'memory']],
      ['everything', [...webhookTopics], ['Deploying', 'DeployFailed', 'BmcUnreachable', 'memory']],
    ])('tells of %s, oldest first, and of nothing else', async (what, topics, wanted) => {
      const [first, second, third] = [await ago('9 minutes'), await ago('8 minutes'), await ago('7 minutes')];
      await begin(what, '9 minutes 30 seconds');
      await insert(
        aResult({ at: third, machine: 'b' }),
        aResult({ at: third, machine: 'b', kind: 'Task', name: 'Install' }),
        phase('b', 'DeployFailed', second),
        phase('b', 'Deploying', first),
        anEvent({ machine: 'b', at: first, reason: 'Event' }),
        anEvent({
          ...{ machine: 'b', at: await ago('450 seconds') },
          ...{ reason: 'BmcUnreachable', type: 'Warning' },
        }),
      );
      expect([
        ...new Set(
          (await notices(what, topics)).filter(({ machine }) => machine === 'b').map(({ word }) => word),
        ),
      ]).toEqual(wanted);
    });

    it('tells no more than so many at once, each with its time and what is known of it', async () => {
      await begin('page', '3 minutes');
      const at = await ago('2 minutes');
      await insert(aResult({ at, machine: 'c', name: 'disk', outcome: 'Failed', details: { seconds: 3 } }));
      const [notice] = await notices('page', ['tests'], 1);
      expect(notice).toEqual({
        ...{ at, id: expect.stringMatching(/^[0-9a-f-]{36}$/), kind: 'Test', machine: 'c', word: 'disk' },
        ...{ message: '64 GiB are sound', outcome: 'Failed', failed: true, details: { seconds: 3 } },
      });
      await insert(aResult({ at: await ago('100 seconds'), machine: 'c', name: 'cpu', outcome: 'Passed' }));
      const tests = (await notices('page', ['tests'])).map(({ word, failed }) => [word, failed]);
      expect(tests).toEqual([
        ['disk', true],
        ['cpu', false],
      ]);
      await insert(phase('c', 'Ready', await ago('90 seconds')));
      expect(await notices('page', webhookTopics, 1)).toHaveLength(1);
    });

    it('tells of a warning once for each count, by when it was last seen, and what it is about', async () => {
      const warning = (count: number, last_at?: string) =>
        anEvent({
          ...{ at: old, name: 'rack-1', machine: undefined, subject_kind: 'Rack', type: 'Warning' },
          ...{ reason: 'DhcpConflict', message: 'two servers', source: 'rack', count, last_at },
        });
      const found = async () =>
        (await notices('counted', ['warnings'])).filter(({ word }) => word === 'DhcpConflict');
      const old = await ago('3 hours');
      await insert(warning(1));
      await begin('counted', '1 hour');
      expect(await found()).toEqual([]);
      const [second, third] = [await ago('30 minutes'), await ago('20 minutes')];
      await insert(warning(2, second));
      const [notice] = await found();
      if (notice === undefined) throw new Error('nothing to tell');
      expect(notice).toEqual({
        ...{
          at: second,
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          kind: 'Warning',
          word: 'DhcpConflict',
        },
        ...{ message: 'two servers', failed: true },
        details: { kind: 'Rack', name: 'rack-1', count: 2, source: 'rack' },
      });
      await noteDelivered(database, 'counted', notice);
      await insert(warning(2, second));
      expect(await found()).toEqual([]);
      await insert(warning(7, third));
      const again = await found();
      expect(again).toMatchObject([{ at: third, details: { count: 7 } }]);
      expect(again[0]?.id).not.toBe(notice.id);
    });

    it('tells nothing twice, and what failed after its pause, of each webhook for itself', async () => {
      await begin('one', '30 seconds');
      await begin('other', '30 seconds');
      await insert(
        phase('d', 'Ready', await ago('20 seconds')),
        phase('d', 'Deploying', await ago('10 seconds')),
      );
      const [ready, deploying] = await notices('one');
      if (ready === undefined || deploying === undefined) throw new Error('nothing to tell');
      await noteDelivered(database, 'one', ready);
      const asked: number[] = [];
      const pause = (attempts: number) => {
        asked.push(attempts);
        return 3_600_000;
      };
      expect(await noteFailed(database, 'one', deploying, pause)).toEqual({
        attempts: 1,
        pauseMs: 3_600_000,
      });
      expect(await words('one')).toEqual([]);
      expect(await words('other')).toEqual(['Ready', 'Deploying']);
      expect(await noteFailed(database, 'one', deploying, (attempts) => pause(attempts) * 0)).toEqual({
        ...{ attempts: 2, pauseMs: 0 },
      });
      expect(asked).toEqual([1, 2]);
      expect(await words('one')).toEqual(['Deploying']);
      await noteDelivered(database, 'one', deploying);
      expect(await words('one')).toEqual([]);
      const [row] = await database.query(
        'SELECT attempts FROM metalwright.webhook_deliveries WHERE webhook = $1 AND id = $2',
        ['one', deploying.id],
      );
      expect(Number(row?.attempts)).toBe(3);
    });

    it('tells what comes to the database late, and gives up after a day', async () => {
      await begin('late', '3 days');
      await insert(phase('e', 'New', await ago('25 hours')), phase('e', 'Ready', await ago('23 hours')));
      expect(
        (await notices('late')).filter(({ machine }) => machine === 'e').map(({ word }) => word),
      ).toEqual(['Ready']);
      await database.query(
        "UPDATE metalwright.webhooks SET told_until = now() - interval '1 minute' WHERE name = 'late'",
      );
      await insert(phase('f', 'Late', await ago('50 minutes')), phase('f', 'TooLate', await ago('2 hours')));
      expect(
        (await notices('late')).filter(({ machine }) => machine === 'f').map(({ word }) => word),
      ).toEqual(['Late']);
    });

    it('moves on when all was told, and forgets what is two days old', async () => {
      await begin('moving', '20 minutes');
      const before = await toldUntil('moving');
      const old = { at: await ago('49 hours'), id: crypto.randomUUID() };
      const kept = { at: await ago('47 hours'), id: crypto.randomUUID() };
      const open = { at: await ago('5 minutes'), id: crypto.randomUUID() };
      const known = { kind: 'Phase', machine: 'g', word: 'Ready', message: '', failed: false } as const;
      for (const delivered of [old, kept])
        await noteDelivered(database, 'moving', { ...known, ...delivered });
      await noteFailed(database, 'moving', { ...known, ...open }, () => 0);
      await noteAllTold(database, 'moving');
      expect(await toldUntil('moving')).toEqual(before);
      await noteDelivered(database, 'moving', { ...known, ...open });
      await noteAllTold(database, 'moving');
      expect(await toldUntil('moving')).not.toEqual(before);
      const rows = await database.query(
        "SELECT id::text AS id FROM metalwright.webhook_deliveries WHERE webhook = 'moving'",
      );
      expect(rows.map(({ id }) => id).sort()).toEqual([kept.id, open.id].sort());
    });
  });
}
