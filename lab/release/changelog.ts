#!/usr/bin/env node
/** `./dev changelog [VERSION DATE]`: the section of CHANGELOG.md for what came since the last release, from the commits. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { run, tryRun } from '../process/run.ts';
import { renderChangelog } from './render-changelog.ts';

const repository = join(import.meta.dirname, '../..');
const git = ['-C', repository];
const described = await tryRun('git', [...git, 'describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*']);
const range = described.code === 0 ? [`${described.stdout.trim()}..HEAD`] : [];
const log = await run('git', [...git, 'log', '--reverse', '--format=%h %s', ...range]);
const changes = log
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({
    commit: line.slice(0, line.indexOf(' ')),
    subject: line.slice(line.indexOf(' ') + 1),
  }));
const meant = join(repository, 'crds', 'broken-on-purpose.txt');
const breaks = existsSync(meant) ? readFileSync(meant, 'utf8').split('\n').filter(Boolean) : [];
const [version = packageJson.version, date] = process.argv.slice(2);
console.log(renderChangelog(version, date, changes, breaks));
