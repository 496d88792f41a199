import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../lab/control-plane/start.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { readPidFile } from '../../../lab/process/daemon.ts';
import { requireProgram } from '../../../lab/process/programs.ts';
import { run, tryRun } from '../../../lab/process/run.ts';

describe('the laboratory’s control plane', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mw-control-plane-'));
  const kubectl = requireProgram('kubectl', readLabEnvironment());
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ directory });
  });
  afterAll(async () => {
    await controlPlane.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('lets its administrator create and read objects', async () => {
    const flags = ['--kubeconfig', controlPlane.kubeconfigPath];
    await run(kubectl, [...flags, 'create', 'namespace', 'proof']);
    expect(await run(kubectl, [...flags, 'get', 'namespace', 'proof', '-o', 'name'])).toBe(
      'namespace/proof\n',
    );
  });

  it('authorises by RBAC: somebody without a role may do nothing', async () => {
    const flags = ['--kubeconfig', controlPlane.kubeconfigPath, '--as', 'somebody'];
    const result = await tryRun(kubectl, [...flags, 'get', 'secrets']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('cannot list resource "secrets"');
  });

  it('refuses a caller without a certificate', async () => {
    const result = await tryRun('curl', [
      '-sk',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `${controlPlane.url}/api`,
    ]);
    expect(result.stdout).toBe('401');
  });

  it('ends with the process that started it, however that ends', async () => {
    const other = mkdtempSync(join(tmpdir(), 'mw-control-plane-'));
    const module = join(import.meta.dirname, '../../../lab/control-plane/start.ts');
    const script = `const { startControlPlane } = await import(${JSON.stringify(module)});
      await startControlPlane({ directory: ${JSON.stringify(other)} });
      process.kill(process.pid, 'SIGKILL');`;
    await tryRun(process.execPath, ['--input-type=module', '-e', script]);
    expect(existsSync(join(other, 'kube-apiserver.pid'))).toBe(true);
    await expect
      .poll(() => [readPidFile(other, 'etcd'), readPidFile(other, 'kube-apiserver')], { timeout: 20_000 })
      .toEqual([undefined, undefined]);
    rmSync(other, { recursive: true, force: true });
  });
});
