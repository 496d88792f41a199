import { z } from 'zod';
import type { LabEnvironment } from '../environment.ts';
import { requireProgram } from '../process/programs.ts';
import { type RunResult, run, tryRun } from '../process/run.ts';

/** Any object of Kubernetes, as far as the laboratory cares. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const List = z.object({ items: z.array(z.unknown()) });

/** kubectl with a fixed kubeconfig. */
export interface Kubectl {
  /** Runs it and gives its standard output. Throws `CommandFailed`. */
  run(...args: string[]): Promise<string>;
  /** Runs it and gives its exit code and output. */
  try(...args: string[]): Promise<RunResult>;
  /** Applies objects server-side. Throws `CommandFailed` with what the API server said. */
  apply(manifests: readonly Manifest[]): Promise<void>;
  /** Reads an object, `undefined` when there is none. `parse` is that of its kind, for example `machineKind.parse`. */
  read<T>(
    parse: (raw: unknown) => T,
    resource: string,
    name: string,
    namespace?: string,
  ): Promise<T | undefined>;
  /** Reads all objects of a resource, in all namespaces. */
  list<T>(parse: (raw: unknown) => T, resource: string): Promise<T[]>;
}

/** Makes a kubectl for a kubeconfig. Throws `ToolMissing`. */
export function makeKubectl(kubeconfigPath: string, environment: LabEnvironment): Kubectl {
  const program = requireProgram('kubectl', environment);
  const flags = ['--kubeconfig', kubeconfigPath];
  return {
    run: (...args) => run(program, [...flags, ...args]),
    try: (...args) => tryRun(program, [...flags, ...args]),
    apply: async (manifests) => {
      if (manifests.length === 0) return;
      const list = { apiVersion: 'v1', kind: 'List', items: manifests };
      await run(program, [...flags, 'apply', '--server-side', '-f', '-'], { input: JSON.stringify(list) });
    },
    read: async (parse, resource, name, namespace) => {
      const place = namespace === undefined ? [] : ['--namespace', namespace];
      const found = await run(program, [
        ...flags,
        'get',
        resource,
        name,
        ...place,
        '--ignore-not-found',
        '-o',
        'json',
      ]);
      return found === '' ? undefined : parse(JSON.parse(found));
    },
    list: async (parse, resource) => {
      const found = await run(program, [...flags, 'get', resource, '--all-namespaces', '-o', 'json']);
      return List.parse(JSON.parse(found)).items.map(parse);
    },
  };
}
