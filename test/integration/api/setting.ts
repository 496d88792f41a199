import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { startControlPlane } from '../../../lab/control-plane/start.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { type Kubectl, makeKubectl } from '../../../lab/kube/kubectl.ts';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { loadKubeConfig, readCredentials } from '../../../src/kube/kubeconfig.ts';
import { createTransport } from '../../../src/kube/transport.ts';

const repository = resolve(import.meta.dirname, '../../..');
export const examplesFolder = join(repository, 'docs/examples');
export const crdsFolder = join(repository, 'crds');

const ObjectOfKubernetes = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type ObjectOfKubernetes = z.infer<typeof ObjectOfKubernetes>;

/** A real API server that knows our kinds. */
export interface Setting {
  kubectl: Kubectl;
  /** Has the API server look at a new object without keeping it. The refusal, or undefined when it was taken. */
  dryRunCreate(object: unknown): Promise<string | undefined>;
  /** The same for a change of an object that is there. */
  dryRunApply(object: unknown): Promise<string | undefined>;
  stop(): Promise<void>;
}

export async function startSetting(): Promise<Setting> {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-api-'));
  const controlPlane = await startControlPlane({ directory: join(directory, 'control-plane') });
  const kubectl = makeKubectl(controlPlane.kubeconfigPath, readLabEnvironment());
  await kubectl.run('create', '-f', crdsFolder);
  await kubectl.run('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all');
  const config = loadKubeConfig(controlPlane.kubeconfigPath);
  const transport = createTransport(() => readCredentials(config));
  const submit = async (
    method: 'POST' | 'PATCH',
    path: string,
    contentType: string,
    object: unknown,
  ): Promise<string | undefined> => {
    const limits = { headersTimeoutMs: 10_000, bodyTimeoutMs: 10_000 };
    const body = JSON.stringify(object);
    const response = await transport.send({ method, path, contentType, body, ...limits });
    const answer = await response.body.json();
    return response.statusCode < 400 ? undefined : Refusal.parse(answer).message;
  };
  const query = 'dryRun=All&fieldValidation=Strict';
  return {
    kubectl,
    dryRunCreate: (object) => submit('POST', `${collectionOf(object)}?${query}`, 'application/json', object),
    dryRunApply: (object) =>
      submit(
        'PATCH',
        `${collectionOf(object)}/${ObjectOfKubernetes.parse(object).metadata.name}?${query}&fieldManager=kubectl`,
        'application/apply-patch+yaml',
        object,
      ),
    async stop() {
      await transport.close();
      await controlPlane.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const Refusal = z.object({ kind: z.literal('Status'), message: z.string() });

function collectionOf(object: unknown): string {
  const { kind, metadata } = ObjectOfKubernetes.parse(object);
  const known = kinds.find((candidate) => candidate.kind === kind);
  if (known === undefined) throw new TypeError(`no kind of ours: ${kind}`);
  const place = known.namespaced ? `namespaces/${metadata.namespace ?? 'default'}/` : '';
  return `/apis/${known.group}/${known.version}/${place}${known.plural}`;
}

/** The objects of one file in `docs/examples/`. */
export function readExamples(file: string): ObjectOfKubernetes[] {
  return parseAllDocuments(readFileSync(join(examplesFolder, file), 'utf8')).map((document) =>
    ObjectOfKubernetes.parse(document.toJS()),
  );
}

/** An object with the value at a path like `spec.ranges.dynamic.0.start` replaced, or taken away by `undefined`. */
export function changed(object: unknown, path: string, value: unknown): unknown {
  const [key = '', ...rest] = path.split('.');
  const next = (before: unknown): unknown =>
    rest.length === 0 ? value : changed(before ?? {}, rest.join('.'), value);
  if (Array.isArray(object)) return object.toSpliced(Number(key), 1, next(object[Number(key)]));
  const fields = z.record(z.string(), z.unknown()).parse(object);
  return { ...fields, [key]: next(fields[key]) };
}
