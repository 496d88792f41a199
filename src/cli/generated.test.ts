import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineActions } from '../api/machine-action/schema.ts';
import { actionOf } from './commands/machine/act.ts';
import { commands } from './commands/table.ts';
import { describeKinds } from './describe-kinds.ts';
import { exitCodes } from './exit-codes.ts';
import { kinds } from './kinds.ts';
import { optionsOf } from './options.ts';
import { renderReference } from './reference.ts';

describe('what is generated for mw', () => {
  it('knows the kinds as src/api has them; else run npm run crds', () => {
    expect(kinds).toEqual(describeKinds());
  });

  it('is described by docs/reference/cli.md; else run npm run crds', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8');
    expect(page).toBe(renderReference(commands));
  });
});

describe('the table of commands', () => {
  it('has every command once', () => {
    const paths = commands.map(({ path }) => path.join(' '));
    expect(new Set(paths).size).toBe(paths.length);
    expect(commands.map(({ summary }) => summary).filter((summary) => summary.endsWith('.'))).toEqual([]);
  });

  it.each(commands.map((command) => [command.path.join(' '), command] as const))(
    'gives %s no option twice',
    (_, command) => {
      const options = optionsOf(command);
      const names = options.map(({ name }) => name);
      const shorts = options.flatMap(({ short }) => short ?? []);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(shorts).size).toBe(shorts.length);
    },
  );

  it.each(
    commands
      .filter(({ path }) => path[0] !== 'manifest')
      .map((command) => [command.path.join(' '), command] as const),
  )('has something that carries %s out', async (_, command) => {
    expect(typeof (await command.load()).run).toBe('function');
  });

  it('orders actions that there are', () => {
    expect(
      Object.values(actionOf).filter((action) => !machineActions.some((known) => known === action)),
    ).toEqual([]);
  });

  it('ends with codes that differ', () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
