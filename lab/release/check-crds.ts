import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { breakingChanges } from '../../src/api/crd/compatible.ts';

/**
 * Holds `crds/` against those of the last release: what the new ones refuse or drop of what the old ones took. A break that is
 * meant is a line of `crds/broken-on-purpose.txt`, which the release notes name.
 */

const repository = join(import.meta.dirname, '../..');
const git = (...args: string[]): string | undefined => {
  try {
    return execFileSync('git', ['-C', repository, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    return undefined;
  }
};

const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*')?.trim();
if (tag === undefined) {
  console.log('crds/: there is no release to be compatible with');
} else {
  const old = (git('ls-tree', '--name-only', tag, 'crds/') ?? '')
    .split('\n')
    .filter((name) => name.endsWith('.yaml'));
  const now = readdirSync(join(repository, 'crds'));
  const found = old.flatMap((path) => {
    const name = path.slice('crds/'.length);
    const after = now.includes(name)
      ? parse(readFileSync(join(repository, 'crds', name), 'utf8'))
      : undefined;
    return breakingChanges(parse(git('show', `${tag}:${path}`) ?? ''), after);
  });
  const meant = new Set(
    now.includes('broken-on-purpose.txt')
      ? readFileSync(join(repository, 'crds', 'broken-on-purpose.txt'), 'utf8').split('\n')
      : [],
  );
  const breaks = found.filter((sentence) => !meant.has(sentence));
  for (const sentence of breaks) console.error(`${sentence} (since ${tag})`);
  if (breaks.length > 0) {
    console.error(
      'Keep what was, or write each line into crds/broken-on-purpose.txt: the release notes will name it.',
    );
    process.exitCode = 1;
  } else {
    console.log(`crds/: nothing that ${tag} took is refused`);
  }
}
