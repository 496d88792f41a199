import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
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

/** The helm that installs the chart; `lab/helm/go.mod` pins the same one. */
export const HELM_VERSION = '3.22.0';

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
      join(cache, 'bin', `helm-${HELM_VERSION}`),
      join(cache, 'bin', `gitops-${gitopsVersion()}`),
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

/** The sources of the program that asks kstatus and Argo CD's Lua; `lab/setup/gitops.sh` names its folder after the same. */
function gitopsVersion(): string {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum'])
    hash.update(readFileSync(join(import.meta.dirname, 'gitops', name)));
  return hash.digest('hex').slice(0, 12);
}
