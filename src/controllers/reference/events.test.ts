import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { eventTable, renderEvents } from './events.ts';

const source = join(import.meta.dirname, '../..');

/** How an Event is told by name: a call, a member of a decision, an event of security. */
const patterns = [
  /'(?:Normal|Warning)',\s*'(\w+)'/g,
  /type: '(?:Normal|Warning)',\s*reason: '(\w+)'/g,
  /securityEvent\(\w+, '(\w+)'/g,
];

describe('docs/reference/events.md', () => {
  it('is what the table says; else run vitest with -u', async () => {
    await expect(renderEvents()).toMatchFileSnapshot(join(source, '../docs/reference/events.md'));
  });

  it('has every Event that a controller or a rack tells by name, and no other', () => {
    const files = globSync('{controllers,rack}/**/*.ts', { cwd: source }).filter(
      (file) => !/test\.ts$|testing|reference/.test(file),
    );
    const texts = files.map((file) => readFileSync(join(source, file), 'utf8'));
    const told = new Set(
      texts.flatMap((text) =>
        patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, reason]) => reason)),
      ),
    );
    expect(told.size).toBeGreaterThan(20);
    const known = new Set([...Object.keys(eventTable), ...Object.keys(failureTable)]);
    expect([...told].filter((reason) => !known.has(reason ?? ''))).toEqual([]);
    const mentioned = Object.keys(eventTable).filter((reason) =>
      texts.some((text) => text.includes(`'${reason}'`)),
    );
    expect(mentioned).toEqual(Object.keys(eventTable));
  });
});
