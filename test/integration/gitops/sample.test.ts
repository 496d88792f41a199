import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { requireProgram } from '../../../lab/process/programs.ts';
import { run } from '../../../lab/process/run.ts';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { borrowPlane } from '../shared/borrow.ts';

const sample = join(import.meta.dirname, '../../../docs/examples/gitops');
const program = requireProgram('kubectl', readLabEnvironment());

let plane: Awaited<ReturnType<typeof borrowPlane>>;
const kubectl = (...args: string[]): Promise<string> =>
  run(program, args, { env: { ...process.env, KUBECONFIG: plane.kubeconfigPath } });

beforeAll(async () => {
  plane = await borrowPlane();
});
afterAll(() => plane?.giveBack());

describe('the sample repository', () => {
  it.each(['metal', 'team'])('builds and applies %s', async (folder) => {
    const built = await kubectl('kustomize', join(sample, folder));
    expect(parseAllDocuments(built).length).toBeGreaterThan(1);
    const said = await kubectl('apply', '--server-side', '-k', join(sample, folder));
    expect(said.trim().split('\n').length).toBe(parseAllDocuments(built).length);
  });

  it('names folders that there are in what Flux and Argo CD read', () => {
    const paths = ['flux/kustomizations.yaml', 'argocd/applications.yaml'].flatMap((file) => [
      ...readFileSync(join(sample, file), 'utf8').matchAll(/\bpath: (?:\.\/)?(\w+)/g),
    ]);
    expect(paths.map(([, folder]) => folder).sort()).toEqual(['metal', 'metal', 'team', 'team']);
  });

  it('patches the health checks into the ConfigMap of Argo CD, and keeps what is there', async () => {
    await kubectl('create', 'namespace', 'argocd');
    await kubectl(
      '-n',
      'argocd',
      'create',
      'configmap',
      'argocd-cm',
      '--from-literal=url=https://argo.example.com',
    );
    const patch = join(sample, 'argocd/health-checks.yaml');
    await kubectl(
      '-n',
      'argocd',
      'patch',
      'configmap',
      'argocd-cm',
      '--type',
      'merge',
      '--patch-file',
      patch,
    );
    const text = await kubectl('-n', 'argocd', 'get', 'configmap', 'argocd-cm', '-o', 'json');
    const { data } = JSON.parse(text);
    expect(Object.keys(data)).toHaveLength(kinds.length + 1);
    expect(data.url).toBe('https://argo.example.com');
  });
});
