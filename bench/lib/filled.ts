import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '../../lab/control-plane/start.ts';
import { readLabEnvironment } from '../../lab/environment.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { fillCluster } from './machines.ts';

const definitions = join(import.meta.dirname, '../../crds');

/**
 * A control plane with our definitions and so many machines, with their inventories. What etcd has is kept in the cache, so that
 * the second benchmark does not wait for it; it is made anew when the definitions or the machines change.
 *
 * @param directory in which the control plane lies
 */
export async function startFilled(
  directory: string,
  machines: number,
  note: (text: string) => void,
): Promise<ControlPlane> {
  const kept = join(readLabEnvironment().cache, 'bench');
  const name = `machines-${machines}`;
  const folder = join(kept, `${name}-${fingerprint()}`);
  const data = join(directory, 'etcd-data');
  if (!existsSync(folder)) {
    const begin = performance.now();
    const controlPlane = await startControlPlane({ directory });
    try {
      const client = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
      await fillCluster(client, { machines, inventories: true }).finally(() => client.close());
    } finally {
      await controlPlane.stop();
    }
    note(`${machines} machines were made in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
    mkdirSync(kept, { recursive: true });
    for (const old of readdirSync(kept).filter((one) => one.startsWith(`${name}-`)))
      rmSync(join(kept, old), { recursive: true, force: true });
    cpSync(data, `${folder}.new`, { recursive: true });
    renameSync(`${folder}.new`, folder);
  } else {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    cpSync(folder, data, { recursive: true });
  }
  return startControlPlane({ directory });
}

/** Of all that the machines are made of. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(join(import.meta.dirname, 'machines.ts')));
  for (const file of readdirSync(definitions).sort()) hash.update(readFileSync(join(definitions, file)));
  return hash.digest('hex').slice(0, 12);
}
