import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { buildMw } from './build.ts';

describe('mw as one file', () => {
  let directory: string;
  let mw: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-mw-'));
    mw = await buildMw(join(directory, 'bin', 'mw'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('runs, and finds most of itself compiled at the next start', () => {
    const cache = join(directory, 'cache');
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache };
    const run = (): string => execFileSync(process.execPath, [mw, 'version'], { env, encoding: 'utf8' });
    expect(run()).toBe(`mw ${packageJson.version}\n`);
    const sizes = readdirSync(cache, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(join(cache, name)).size,
    );
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
    expect(run()).toBe(`mw ${packageJson.version}\n`);
  });

  it('is of ASCII alone, which is read at half the cost, and has the notices of what is in it', () => {
    const text = readFileSync(mw, 'utf8');
    expect(text).not.toMatch(/[^\0-\x7f]/);
    expect(text.trimEnd().split('\n').slice(5).join('\n')).toMatch(/^\/\*[\s\S]*MIT License[\s\S]*\*\/$/);
  });
});
