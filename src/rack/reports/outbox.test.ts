import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TaskResult } from '../../api/machine/task.ts';
import { kubeError } from '../../kube/errors.ts';
import { silentLogger } from '../../log/logger.ts';
import type { BootReport } from '../agent-api/ports.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createOutboxFiles, type OutboxEntry } from './outbox-files.ts';

const at = '2026-01-01T00:00:00Z';
const boot = (stage: BootReport['stage'], generation = 1): OutboxEntry => ({
  kind: 'Boot',
  uid: 'u1',
  report: { generation, stage, at },
});
const result = (id: string, outcome: TaskResult['outcome'] = 'Succeeded'): OutboxEntry => ({
  kind: 'Result',
  uid: 'u1',
  report: { id, outcome, updatedAt: at },
});
/** An entry in a few words. */
const words = (entry: OutboxEntry): string => {
  if (entry.kind === 'Boot') return `Boot ${entry.report.stage}`;
  return entry.kind === 'Result' ? `Result ${entry.report.id}` : 'Inventory';
};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'metalwright-outbox-'));
  ends.push(() => rmSync(path, { recursive: true }));
  return path;
}

/** A rack's outbox and the API server behind it. */
async function setting(directory: string | undefined, api: { away: boolean }) {
  const delivered: string[] = [];
  const files = directory === undefined ? undefined : createOutboxFiles(directory, silentLogger);
  const outbox: Outbox = createOutbox({
    async deliver(machine, entry) {
      if (api.away) throw kubeError('Unavailable', 'a test');
      delivered.push(`${machine}: ${words(entry)}`);
    },
    files,
    initial: await files?.load(),
    log: silentLogger,
  });
  ends.push(() => outbox.stop());
  outbox.start();
  return { outbox, delivered };
}

describe('the outbox', () => {
  it('delivers what it is given, in order for each machine', async () => {
    const { outbox, delivered } = await setting(undefined, { away: false });
    outbox.add('m1', boot('Agent'));
    outbox.add('m1', result('t1'));
    outbox.add('m1', boot('Dhcp', 2));
    await vi.waitFor(() => expect(delivered).toEqual(['m1: Boot Agent', 'm1: Result t1', 'm1: Boot Dhcp']));
    expect(outbox.size()).toBe(0);
  });

  it('keeps on disk what a dead rack could not deliver, and delivers it in order after the next start', async () => {
    const directory = folder();
    const away = { away: true };
    const { outbox } = await setting(directory, away);
    outbox.add('m1', boot('Kernel'));
    outbox.add('m1', boot('Agent'));
    await outbox.store('m1', result('t1'));
    outbox.add('m2', boot('Dhcp'));
    await vi.waitFor(() => expect(readdirSync(directory).sort()).toEqual(['m1.json', 'm2.json']));
    // The process dies: nothing is stopped, and another one opens what is there.
    const next = await setting(directory, { away: false });
    await vi.waitFor(() => expect(next.outbox.size()).toBe(0));
    expect(next.delivered.filter((line) => line.startsWith('m1'))).toEqual([
      'm1: Boot Agent',
      'm1: Result t1',
    ]);
    expect(next.delivered).toContain('m2: Boot Dhcp');
    await vi.waitFor(() => expect(readdirSync(directory)).toEqual([]));
  });

  it('answers a caller when its report is on disk, though the API server is away', async () => {
    const directory = folder();
    const { outbox } = await setting(directory, { away: true });
    await outbox.store('m1', result('t1'));
    expect(readdirSync(directory)).toEqual(['m1.json']);
  });

  it('answers a caller with an error when there is no API server and no disk', async () => {
    const { outbox } = await setting(undefined, { away: true });
    await expect(outbox.store('m1', result('t1'))).rejects.toThrow('no disk');
  });

  it('does not double what an agent repeats, nor merge across a result', async () => {
    const { outbox } = await setting(folder(), { away: true });
    outbox.add('m1', boot('Kernel'));
    outbox.add('m1', boot('Agent'));
    outbox.add('m1', result('t1'));
    outbox.add('m1', result('t1'));
    outbox.add('m1', boot('Dhcp', 2));
    expect(outbox.pending('m1').map(words)).toEqual(['Boot Agent', 'Result t1', 'Boot Dhcp']);
  });

  it('drops what the API server refuses for good, and says so to who waits', async () => {
    const seen: string[] = [];
    const outbox = createOutbox({
      async deliver(_machine, entry) {
        seen.push(words(entry));
        if (entry.kind === 'Result') throw kubeError('Invalid', 'a test');
      },
      log: silentLogger,
    });
    ends.push(() => outbox.stop());
    outbox.start();
    await expect(outbox.store('m1', result('t1'))).rejects.toThrow('a test');
    await outbox.store('m1', boot('Dhcp', 2));
    expect(seen).toEqual(['Result t1', 'Boot Dhcp']);
  });

  it('leaves no file behind for what was delivered at once', async () => {
    const directory = folder();
    const { outbox } = await setting(directory, { away: false });
    await outbox.store('m1', result('t1'));
    await outbox.stop();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a damaged file of the outbox', () => {
  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['changed', (text: string) => text.replace('Agent', 'Agenx')],
    ['empty', () => ''],
  ])('is put aside when it is %s, and the others are delivered', async (_sentence, damage) => {
    const directory = folder();
    const files = createOutboxFiles(directory, silentLogger);
    await files.load();
    await files.save('m1', [boot('Agent')]);
    await files.save('m2', [boot('Agent')]);
    const path = join(directory, 'm1.json');
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const left = await createOutboxFiles(directory, silentLogger).load();
    expect([...left.keys()]).toEqual(['m2']);
    expect(readdirSync(directory).sort()).toEqual(['m1.json.damaged', 'm2.json']);
  });

  it('has a name that fits a file system, however long the name of the machine', async () => {
    const directory = folder();
    const files = createOutboxFiles(directory, silentLogger);
    await files.load();
    const name = 'm'.repeat(253);
    await files.save(name, [boot('Agent')]);
    expect([...(await createOutboxFiles(directory, silentLogger).load()).keys()]).toEqual([name]);
  });
});
