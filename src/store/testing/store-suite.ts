import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { isStoreError } from '../errors.ts';
import { createInserter } from '../insert.ts';
import { maintain, partitionsThere } from '../maintenance.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { readAllocations } from '../reads/allocations.ts';
import { readAudit } from '../reads/audit.ts';
import { readConsole, readResult } from '../reads/results.ts';
import { readSensors } from '../reads/sensors.ts';
import { readEvents, readTimeline, searchHistory } from '../reads/timeline.ts';
import type { HistoryPosition } from '../reads/where.ts';
import { rowId } from '../row-id.ts';
import type { AllocationRow } from '../tables/allocations.ts';
import type { AuditRow } from '../tables/audit.ts';
import type { SensorRow } from '../tables/sensor-readings.ts';
import { defaultRetention, type HistoryRow, tables } from '../tables.ts';
import { anEvent, aResult } from './rows.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const everything = { cluster: true, namespaces: 'All' } as const;

/** What every database of history does: PGlite and PostgreSQL pass the same tests. */
export function describeStore(name: string, open: () => Promise<Database>): void {
  describe(`history in ${name}`, () => {
    let database: Database;
    const insert = (rows: readonly HistoryRow[]) =>
      createInserter(database, defaultRetention).insert(rows, now);

    beforeAll(async () => {
      database = await open();
      await migrate(database, await readMigrations());
      await maintain(database, { now, retention: defaultRetention });
    }, 120_000);
    afterAll(() => database?.close());

    it('is migrated once, and refuses a schema that was changed or is newer', async () => {
      const migrations = await readMigrations();
      expect(await migrate(database, migrations)).toBe(0);
      const changed = migrations.map((migration) => ({ ...migration, sql: `${migration.sql}\n-- changed` }));
      await expect(migrate(database, changed)).rejects.toMatchObject({ code: 'MigrationChanged' });
      await expect(migrate(database, [])).rejects.toMatchObject({ code: 'NewerSchema' });
    });

    it('has its partitions ahead, and drops those that are past their time', async () => {
      await insert([
        {
          table: 'console_logs',
          row: { at: '2026-11-11T00:00:00Z', id: rowId('c'), machine: 'old', source: 'Serial', text: 'x' },
        },
      ]);
      const names = async () =>
        (await partitionsThere(database, tables.console_logs)).map((part) => part.name);
      expect(await names()).toEqual(
        expect.arrayContaining(['console_logs_20261111', 'console_logs_20261123', 'console_logs_20261126']),
      );
      const later = now + 3 * 86_400_000;
      const dropped = await maintain(database, { now: later, retention: defaultRetention });
      expect(dropped).toContain('console_logs_20261111');
      expect(await names()).not.toContain('console_logs_20261111');
      expect(await names()).toContain('console_logs_20261129');
    });

    it('keeps the partition of an Allocation that is still there, whatever the retention', async () => {
      const row: AllocationRow = {
        at: '2026-01-10T00:00:00Z',
        id: rowId('a', 'long'),
        namespace: 'team',
        name: 'long',
        version: 1,
      };
      await insert([{ table: 'allocations', row }]);
      const retention = { ...defaultRetention, allocations: 30 };
      expect(await maintain(database, { now, retention })).not.toContain('allocations_202601');
      await insert([{ table: 'allocations', row: { ...row, ended_at: '2026-02-01T00:00:00Z', version: 2 } }]);
      expect(await maintain(database, { now, retention })).toContain('allocations_202601');
    });

    it('takes a row once, however often it is told, and counts events up only', async () => {
      const told = anEvent({ machine: 'twice', message: 'first', count: 1 });
      const again = anEvent({
        machine: 'twice',
        message: 'first',
        count: 5,
        last_at: '2026-11-20T12:00:00Z',
      });
      await insert([told, again, told]);
      await insert([told]);
      const page = await readTimeline(database, { machine: 'twice', limit: 10 });
      expect(page.items).toMatchObject([
        {
          at: '2026-11-20T10:00:00.000001Z',
          kind: 'Event',
          reason: 'PhaseChanged',
          count: 5,
          lastAt: '2026-11-20T12:00:00.000000Z',
        },
      ]);
      expect(page.end).toBeUndefined();
    });

    it('tells the story of a machine from all tables, newest first, in pages that miss nothing', async () => {
      const at = (second: number): string => `2026-11-21T10:00:${String(second).padStart(2, '0')}.000000Z`;
      const rows: HistoryRow[] = Array.from({ length: 12 }, (_, second) =>
        second % 3 === 0
          ? aResult({ machine: 'story', at: at(second), name: `test-${second}` })
          : anEvent({
              machine: 'story',
              at: at(second),
              reason: `R${second}`,
              class: second % 3 === 1 ? 'Step' : 'Phase',
            }),
      );
      rows.push({
        table: 'power_operations',
        row: {
          at: at(30),
          id: rowId('p'),
          machine: 'story',
          action: 'On',
          outcome: 'Failed',
          reason: 'BmcTimeout',
          rack: 'r1',
        },
      });
      // Two at the same moment: the id says which is first.
      rows.push(anEvent({ machine: 'story', at: at(30), reason: 'Same', type: 'Warning' }));
      await insert([...rows, anEvent({ machine: 'another' })]);
      const seen: string[] = [];
      let after: HistoryPosition | undefined;
      do {
        const page = await readTimeline(database, { machine: 'story', limit: 4, after });
        seen.push(...page.items.map(({ reason }) => reason));
        expect(page.items.length).toBeLessThanOrEqual(4);
        after = page.end;
      } while (after !== undefined);
      expect(seen).toHaveLength(14);
      expect(new Set(seen).size).toBe(14);
      expect(seen.slice(2)).toEqual(
        Array.from({ length: 12 }, (_, index) => 11 - index).map((s) =>
          s % 3 === 0 ? `test-${s}` : `R${s}`,
        ),
      );
      const kinds = await readTimeline(database, { machine: 'story', limit: 50, kinds: ['Step', 'Power'] });
      expect(new Set(kinds.items.map(({ kind }) => kind))).toEqual(new Set(['Step', 'Power']));
      const warnings = await readTimeline(database, { machine: 'story', limit: 50, severity: 'Warning' });
      expect(warnings.items.map(({ reason }) => reason).sort()).toEqual(['On', 'Same']);
      const between = await readTimeline(database, {
        machine: 'story',
        limit: 50,
        since: at(3),
        until: at(6),
      });
      expect(between.items.map(({ reason }) => reason)).toEqual(['R5', 'R4', 'test-3']);
    });

    it('shows events of namespaces to those alone who may read them', async () => {
      await insert([
        anEvent({ machine: 'scoped', at: '2026-11-19T00:00:01Z', reason: 'Cluster' }),
        {
          table: 'events',
          row: {
            ...anEvent().row,
            class: 'Event',
            subject_kind: 'Allocation',
            namespace: 'a',
            name: 'web',
            machine: 'scoped',
            type: 'Normal',
            reason: 'InA',
            message: '',
            at: '2026-11-19T00:00:02Z',
            id: rowId('a'),
          },
        },
        {
          table: 'events',
          row: {
            ...anEvent().row,
            class: 'Event',
            subject_kind: 'Allocation',
            namespace: 'b',
            name: 'web',
            machine: 'scoped',
            type: 'Normal',
            reason: 'InB',
            message: '',
            at: '2026-11-19T00:00:03Z',
            id: rowId('b'),
          },
        },
      ]);
      const reasons = async (scope: Parameters<typeof readEvents>[1]['scope']) =>
        (await readEvents(database, { scope, machine: 'scoped', limit: 10 })).items.map(
          ({ reason }) => reason,
        );
      expect(await reasons(everything)).toEqual(['InB', 'InA', 'Cluster']);
      expect(await reasons({ cluster: true, namespaces: new Set(['a']) })).toEqual(['InA', 'Cluster']);
      expect(await reasons({ cluster: false, namespaces: new Set(['b']) })).toEqual(['InB']);
      expect(await reasons({ cluster: false, namespaces: new Set() })).toEqual([]);
      expect(await reasons({ cluster: false, namespaces: 'All' })).toEqual(['InB', 'InA']);
      expect(await reasons({ cluster: true, namespaces: new Set() })).toEqual(['Cluster']);
    });

    it('finds events and results by the words in them, and nothing by operators', async () => {
      await insert([
        anEvent({ machine: 'search-1', reason: 'PowerTimeout', message: 'the BMC at 10.0.0.9 was silent' }),
        aResult({ machine: 'search-2', name: 'disk-health', output: 'reallocated sectors: 12 quokka' }),
      ]);
      const found = async (text: string) =>
        (await searchHistory(database, { scope: everything, text, limit: 10 })).items.map(
          ({ machine }) => machine,
        );
      expect(await found('timeout silent')).toEqual(['search-1']);
      expect(await found('powertimeout')).toEqual(['search-1']);
      expect(await found('QUOK')).toEqual(['search-2']);
      expect(await found('10.0.0.9')).toEqual(['search-1']);
      expect(await found('quokka missing')).toEqual([]);
      for (const hostile of ["'", "quokka' | 'x", '\\', '!quokka', 'a:*', '()', '<->', '&', "''':*"]) {
        await expect(found(hostile)).resolves.toBeInstanceOf(Array);
      }
      expect(await found('!quokka')).toEqual(['search-2']);
      const tenant = await searchHistory(database, {
        scope: { cluster: false, namespaces: new Set(['x']) },
        text: 'quokka',
        limit: 10,
      });
      expect(tenant.items).toEqual([]);
    });

    it('gives the whole output of a result, of its machine alone', async () => {
      const result = aResult({
        machine: 'output',
        output: 'x\0y\ud800z',
        details: { cores: 4, 'a\0': ['\udfff'] },
      });
      // Rows come to the database as the writer has cleaned them.
      const { clean } = await import('../clean.ts');
      const { HistoryRow: Row } = await import('../tables.ts');
      await insert([Row.parse(clean(result))]);
      const read = await readResult(database, { machine: 'output', id: result.row.id });
      expect(read).toMatchObject({ output: 'x\u{fffd}y\u{fffd}z', details: { cores: 4 } });
      expect(await readResult(database, { machine: 'another', id: result.row.id })).toBeUndefined();
    });

    it('has one row an Allocation, in whatever order its parts come', async () => {
      const base = { at: '2026-11-10T00:00:00Z', id: rowId('alloc', 'one'), namespace: 'team', name: 'one' };
      const parts: AllocationRow[] = [
        { ...base, version: 10, image: 'debian-12', created_by: 'ann' },
        { ...base, version: 12, machine: 'node-9', bound_at: '2026-11-10T00:00:10Z', phase: 'Bound' },
        {
          ...base,
          version: 15,
          machine: 'node-9',
          phase: 'Releasing',
          released_at: '2026-11-10T01:00:00Z',
          deleted_by: 'bob',
        },
        { ...base, version: 16, ended_at: '2026-11-10T01:00:20Z' },
        { ...base, version: 16, ended_at: '2026-11-10T01:00:10Z' },
      ];
      const shapes: unknown[] = [];
      for (const [turn, order] of [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0],
        [2, 4, 0, 3, 1],
      ].entries()) {
        const id = rowId('alloc', turn);
        const name = `one-${turn}`;
        await insert(
          order.map((index) => ({
            table: 'allocations',
            row: { ...base, version: 0, ...parts[index], id, name },
          })),
        );
        const { items } = await readAllocations(database, { namespaces: new Set(['team']), name, limit: 5 });
        expect(items).toHaveLength(1);
        shapes.push(...items.map(({ id: _id, name: _name, ...shape }) => shape));
      }
      expect(shapes[0]).toEqual({
        at: '2026-11-10T00:00:00.000000Z',
        namespace: 'team',
        image: 'debian-12',
        machine: 'node-9',
        createdBy: 'ann',
        deletedBy: 'bob',
        phase: 'Releasing',
        boundAt: '2026-11-10T00:00:10.000000Z',
        releasedAt: '2026-11-10T01:00:00.000000Z',
        endedAt: '2026-11-10T01:00:10.000000Z',
        heldSeconds: 3600,
      });
      expect(shapes[1]).toEqual(shapes[0]);
      expect(shapes[2]).toEqual(shapes[0]);
      const open = await readAllocations(database, {
        namespaces: 'All',
        name: 'one-0',
        open: true,
        limit: 5,
      });
      expect(open.items).toEqual([]);
    });

    it('keeps who wrote what, and finds it by each of its parts', async () => {
      const row: AuditRow = {
        at: '2026-11-22T00:00:00Z',
        id: rowId('audit'),
        username: 'ann',
        verb: 'patch',
        resource: 'machines',
        name: 'node-1',
        path: '/api/v1/machines/node-1',
        status: 403,
        outcome: 'Forbidden',
        request_id: 'r-1',
      };
      await insert([{ table: 'audit', row }]);
      for (const query of [
        { user: 'ann' },
        { resource: 'machines', name: 'node-1' },
        { requestId: 'r-1' },
        { outcome: 'Forbidden' },
      ]) {
        const { items } = await readAudit(database, { ...query, limit: 5 });
        expect(items).toMatchObject([
          { user: 'ann', verb: 'patch', status: 403, dryRun: false, requestId: 'r-1' },
        ]);
      }
      expect((await readAudit(database, { user: 'bob', limit: 5 })).items).toEqual([]);
    });

    it('keeps what machines say, line by line in its order, and finds lines by what is in them', async () => {
      const texts = ['Linux 6.12', '100% of 50_%', 'Kernel PANIC'];
      const rows = texts.map((text, number): HistoryRow => {
        const at = `2026-11-23T00:00:00.00000${number}Z`;
        return {
          table: 'console_logs',
          row: { at, id: rowId('line', number), machine: 'm', source: 'Serial', text },
        };
      });
      await insert([...rows.toReversed(), ...rows]);
      const read = async (query: object) =>
        (await readConsole(database, { machine: 'm', limit: 5, ...query })).items.map(({ text }) => text);
      expect(await read({})).toEqual(texts.toReversed());
      expect(await read({ text: 'panic' })).toEqual(['Kernel PANIC']);
      expect(await read({ text: '%' })).toEqual(['100% of 50_%']);
      expect(await read({ text: '_' })).toEqual(['100% of 50_%']);
      expect(await read({ since: '2026-11-23T00:00:00.000002Z' })).toEqual(['Kernel PANIC']);
      const { items, end } = await readConsole(database, { machine: 'm', limit: 2 });
      expect([items.length, await read({ after: end })]).toEqual([2, ['Linux 6.12']]);
      expect(await read({ machine: 'n' })).toEqual([]);
    });

    it('sums readings of sensors up in equal steps, of one machine and one time', async () => {
      const from = Date.parse('2026-11-22T00:00:00Z');
      const reading = (machine: string, minute: number, readings: SensorRow['readings']): HistoryRow => {
        const at = new Date(from + minute * 60_000).toISOString();
        return {
          table: 'sensor_readings',
          row: { at, id: rowId('sensors', machine, at), machine, rack: 'r1', readings },
        };
      };
      const cpu = (value: number): SensorRow['readings'][number] => ['CPU', 'Temperature', 'Celsius', value];
      const rows = [
        ...[0, 5, 10, 15].map((minute) => reading('warm', minute, [cpu(40 + minute)])),
        reading('warm', 20, [cpu(-3.5), ['Fan "1"', 'Fan', 'RPM', 9_000]]),
        reading('warm', 60, [cpu(99)]),
        reading('other', 0, [cpu(99)]),
      ];
      await insert([...rows, ...rows]);
      const until = from + 60 * 60_000;
      const asked = { machine: 'warm', since: from, until, stepSeconds: 600 };
      const second = from / 1000;
      expect(await readSensors(database, asked)).toEqual([
        {
          ...{ name: 'CPU', kind: 'Temperature', unit: 'Celsius' },
          points: [
            [second, 42.5, 40, 45],
            [second + 600, 52.5, 50, 55],
            [second + 1200, -3.5, -3.5, -3.5],
          ],
        },
        { name: 'Fan "1"', kind: 'Fan', unit: 'RPM', points: [[second + 1200, 9_000, 9_000, 9_000]] },
      ]);
      expect(await readSensors(database, { ...asked, since: until, until: until + 1 })).toMatchObject([
        { name: 'CPU', points: [[expect.any(Number), 99, 99, 99]] },
      ]);
      expect(await readSensors(database, { ...asked, machine: 'cold' })).toEqual([]);
    });

    it('leaves a row out that it cannot take, and keeps the others', async () => {
      const bad = anEvent({ machine: 'bad', id: rowId('bad'), at: '2026-11-20T10:00:00Z', last_at: 'soon' });
      const good = Array.from({ length: 9 }, (_, n) => anEvent({ machine: 'good', reason: `G${n}` }));
      const { stored, refused, expired } = await insert([
        ...good.slice(0, 4),
        bad,
        ...good.slice(4),
        anEvent({ at: '2020-01-01T00:00:00Z', machine: 'good' }),
      ]);
      expect({ stored, expired, refused: refused.map(({ row }) => row.row.id) }).toEqual({
        stored: 9,
        expired: 1,
        refused: [rowId('bad')],
      });
      expect((await readTimeline(database, { machine: 'good', limit: 50 })).items).toHaveLength(9);
    });

    it('stores nothing of a transaction that fails', async () => {
      const failure = await database
        .transaction(async (queries) => {
          await queries.query('CREATE TABLE metalwright.left_behind (n int)');
          await queries.query('SELECT 1 / 0 AS n');
        })
        .catch((error: unknown) => error);
      expect(isStoreError(failure, 'BadData')).toBe(true);
      const [row] = await database.query("SELECT to_regclass('metalwright.left_behind')::text AS name");
      expect(row).toEqual({});
    });
  });
}
