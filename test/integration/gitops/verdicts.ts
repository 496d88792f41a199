import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { healthChecks } from '../../../images/gitops/files.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { requireProgram } from '../../../lab/process/programs.ts';

/** What GitOps tools make of one object. */
export interface Verdict {
  /** `InProgress`, `Failed`, `Current`, `Terminating`, `NotFound` or `Unknown`: of kstatus, as in the library. */
  kstatus: { status: string; message: string };
  /** `Healthy`, `Progressing`, `Suspended`, `Degraded`: of Argo CD, by our script for the kind. */
  argo?: { status: string; message: string };
  error?: string;
}

interface Shape {
  apiVersion: string;
  kind: string;
}

/** Asks the cli-utils library and Argo CD's interpreter of Lua about objects, in their order. */
export async function askVerdicts(objects: readonly Shape[]): Promise<Verdict[]> {
  const scripts = healthChecks();
  const program = spawn(requireProgram('gitops-verdicts', readLabEnvironment()), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for (const object of objects) {
    const [group] = object.apiVersion.split('/');
    const health = scripts[`resource.customizations.health.${group}_${object.kind}`];
    program.stdin.write(`${JSON.stringify({ object, health })}\n`);
  }
  program.stdin.end();
  const verdicts: Verdict[] = [];
  for await (const line of createInterface({ input: program.stdout })) verdicts.push(JSON.parse(line));
  return verdicts;
}
