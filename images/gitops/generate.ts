import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { healthChecksFile } from './files.ts';

/** Writes what of the examples for GitOps is made from the sources. */
const path = 'docs/examples/gitops/argocd/health-checks.yaml';
writeFileSync(join(import.meta.dirname, '../..', path), healthChecksFile());
console.log(path);
