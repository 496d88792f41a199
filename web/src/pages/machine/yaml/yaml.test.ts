import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { ProblemError } from '../../../api/problem.ts';
import { aMachine } from '../../../testing/machine.ts';
import { type MachineApi, save } from './save.ts';
import { editableText, parseText } from './text.ts';

describe('the text of a machine', () => {
  const text = editableText(aMachine('m', { status: { phase: 'Ready' } }));

  it('has what people write, and nothing else', () => {
    expect(text).toContain('pool: default');
    expect(text).not.toMatch(/status|phase|resourceVersion/);
  });

  it('is read again', () =>
    expect(parseText(text, 'm')).toMatchObject({ object: { spec: { pool: 'default' } } }));

  it.each([
    ['that is no YAML', 'spec: [', /flow|sequence|end/i],
    ['without a spec', 'metadata: {name: m}', /metadata and spec/],
    ['of another machine', text.replace('name: m', 'name: n'), /metadata\.name: it is m/],
    ['that is a list', '- a', /metadata and spec/],
    ['that is empty', '', /metadata and spec/],
  ])('%s is refused with a reason', (_, typed, reason) => {
    const parsed = parseText(typed, 'm');
    expect('problem' in parsed && parsed.problem).toMatch(reason);
  });
});

/** A server whose machine changes by itself. */
function serverWith(versions: Machine[], conflicts = 0): MachineApi & { sent: unknown[] } {
  const sent: unknown[] = [];
  let left = conflicts;
  return {
    sent,
    read: async () =>
      versions.length > 1 ? (versions.shift() ?? aMachine('m')) : (versions[0] ?? aMachine('m')),
    replace: async (_name, object, dryRun) => {
      sent.push({ object, dryRun });
      if (left > 0) {
        left -= 1;
        throw new ProblemError({ title: '', status: 409, detail: 'changed', code: 'Conflict' });
      }
      return aMachine('m', { version: '99', spec: { pool: 'gpu' } });
    },
  };
}

describe('saving what was typed', () => {
  const base = editableText(aMachine('m'));
  const text = base.replace('pool: default', 'pool: gpu');

  it('replaces the version that was read', async () => {
    const api = serverWith([aMachine('m', { version: '7' })]);
    const saved = await save('m', { text, base }, { dryRun: true }, api);
    expect(saved.outcome).toBe('saved');
    expect(api.sent).toMatchObject([
      { object: { metadata: { name: 'm', resourceVersion: '7' }, spec: { pool: 'gpu' } }, dryRun: true },
    ]);
  });

  it('does not mind that a program wrote to the status in between', async () => {
    const api = serverWith(
      [aMachine('m', { version: '7' }), aMachine('m', { version: '8', status: { phase: 'Ready' } })],
      1,
    );
    expect((await save('m', { text, base }, { dryRun: false }, api)).outcome).toBe('saved');
    expect(api.sent).toHaveLength(2);
  });

  it('stores nothing when another has changed what people write', async () => {
    const theirs = aMachine('m', { version: '8', spec: { zone: 'north' } });
    const api = serverWith([theirs]);
    expect(await save('m', { text, base }, { dryRun: false }, api)).toEqual({ outcome: 'changed', theirs });
    expect(api.sent).toEqual([]);
  });

  it('asks nobody about what cannot be read', async () => {
    const api = serverWith([]);
    expect((await save('m', { text: ':::', base }, { dryRun: true }, api)).outcome).toBe('unreadable');
    expect(api.sent).toEqual([]);
  });

  it('gives up in the end', async () => {
    await expect(
      save('m', { text, base }, { dryRun: false }, serverWith([aMachine('m')], 99)),
    ).rejects.toThrow('changed');
  });
});
