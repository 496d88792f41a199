import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** What the laboratory takes from its environment; nothing else in `lab/` reads variables. */
export interface LabEnvironment {
  /** The checkout. */
  repository: string;
  /** Where everything that is built or fetched is kept, outside the checkout. */
  cache: string;
  /** Folders that are searched for programs, in order: the test assets of kubebuilder, the cache, PATH. */
  programFolders: string[];
}

/** The Kubernetes release that the laboratory runs; `lab/kubernetes/go.mod` pins the same one. */
export const KUBERNETES_VERSION = '1.34.4';

/** Reads the laboratory's variables: METALWRIGHT_CACHE, XDG_CACHE_HOME, KUBEBUILDER_ASSETS, PATH. */
export function readLabEnvironment(env: NodeJS.ProcessEnv = process.env): LabEnvironment {
  const cache = env.METALWRIGHT_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'metalwright');
  const assets = env.KUBEBUILDER_ASSETS === undefined ? [] : [env.KUBEBUILDER_ASSETS];
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return {
    repository: dirname(import.meta.dirname),
    cache,
    programFolders: [
      ...assets,
      join(cache, 'bin', `kubernetes-${KUBERNETES_VERSION}`),
      join(cache, 'python', 'bin'),
      ...path,
      '/usr/sbin',
      '/sbin',
    ],
  };
}

/** The absolute path of a program, or `undefined` when it is in none of the folders. */
export function findProgram(name: string, environment: LabEnvironment): string | undefined {
  return environment.programFolders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
