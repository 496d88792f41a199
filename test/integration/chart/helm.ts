import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { requireProgram } from '../../../lab/process/programs.ts';
import { run, tryRun } from '../../../lab/process/run.ts';
import type { KubeObject } from '../../../src/kube/resource.ts';
import { makeScratch } from '../shared/scratch.ts';

export const chart = join(import.meta.dirname, '../../../charts/metalwright');
export const release = 'mw';
export const releaseNamespace = 'metalwright-system';

/** Values of the chart, as far as a test changes them. */
export type Values = Readonly<Record<string, unknown>>;

/** The real helm, for one cluster or for none. */
export function makeHelm(kubeconfigPath?: string) {
  const program = requireProgram('helm', readLabEnvironment());
  const directory = makeScratch('metalwright-helm-');
  const env = {
    ...process.env,
    HELM_CACHE_HOME: directory,
    HELM_CONFIG_HOME: directory,
    HELM_DATA_HOME: directory,
    ...(kubeconfigPath === undefined ? {} : { KUBECONFIG: kubeconfigPath }),
  };
  let files = 0;
  const valuesFile = (values: Values): string => {
    const path = join(directory, `values-${files++}.yaml`);
    writeFileSync(path, stringify(values));
    return path;
  };
  const flags = (values: Values) => ['--namespace', releaseNamespace, '--values', valuesFile(values)];
  return {
    /** @returns the path of a file with these objects */
    async write(objects: readonly KubeObject[]): Promise<string> {
      const path = join(directory, `objects-${files++}.json`);
      writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      return path;
    },
    /** Fails with what helm says. */
    run: (...args: string[]) => run(program, args, { env }),
    tryRun: (...args: string[]) => tryRun(program, args, { env }),
    lint: (values: Values) => tryRun(program, ['lint', '--strict', chart, ...flags(values)], { env }),
    tryTemplate: (values: Values, ...more: string[]) =>
      tryRun(program, ['template', release, chart, ...flags(values), ...more], { env }),
    async template(values: Values, ...more: string[]): Promise<KubeObject[]> {
      const text = await run(program, ['template', release, chart, ...flags(values), ...more], { env });
      return parseAllDocuments(text).flatMap((document) => {
        const object: KubeObject | null = document.toJS();
        return object === null ? [] : [object];
      });
    },
    install: (values: Values, ...more: string[]) =>
      run(program, ['install', release, chart, '--create-namespace', ...flags(values), ...more], { env }),
    upgrade: (values: Values, ...more: string[]) =>
      run(program, ['upgrade', release, chart, ...flags(values), ...more], { env }),
    uninstall: () => run(program, ['uninstall', release, '--namespace', releaseNamespace], { env }),
  };
}
