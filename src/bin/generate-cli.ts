import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../cli/commands/table.ts';
import { describeKinds } from '../cli/describe-kinds.ts';
import { renderReference } from '../cli/reference.ts';

/** Writes what is made from tables for `mw`: what it knows of the kinds, and its reference. A test fails when they are stale. */
const repository = join(import.meta.dirname, '..', '..');
writeFileSync(join(repository, 'src/cli/kinds.json'), `${JSON.stringify(describeKinds(), undefined, 2)}\n`);
writeFileSync(join(repository, 'docs/reference/cli.md'), renderReference(commands));
