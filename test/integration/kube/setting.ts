import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '../../../lab/control-plane/start.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { type FlakyProxy, proxyKubeconfig, startFlakyProxy } from './flaky-proxy.ts';

/** A real API server, a proxy before it, and a client on either way. */
export interface Setting {
  controlPlane: ControlPlane;
  proxy: FlakyProxy;
  /** Straight to the API server. */
  direct: KubeClient;
  /** One more client through the proxy. */
  throughProxy(requestTimeoutMs: number): KubeClient;
  /** Stops the API server and etcd and starts them again over the same data, with `direct` and `proxy` going to the new ones. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSetting(): Promise<Setting> {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-kube-'));
  const start = () => startControlPlane({ directory: join(directory, 'control-plane') });
  const controlPlane = await start();
  const proxy = await startFlakyProxy(controlPlane.kubeconfigPath);
  const kubeconfigPath = join(directory, 'proxy-kubeconfig');
  writeFileSync(kubeconfigPath, proxyKubeconfig(proxy.url));
  const direct = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
  const clients = [direct];
  const setting: Setting = {
    controlPlane,
    proxy,
    direct,
    throughProxy(requestTimeoutMs) {
      const client = createKubeClient({ kubeconfigPath, requestTimeoutMs });
      clients.push(client);
      return client;
    },
    async restart() {
      await setting.controlPlane.stop();
      setting.controlPlane = await start();
      await proxy.retarget(setting.controlPlane.kubeconfigPath);
      setting.direct = createKubeClient({ kubeconfigPath: setting.controlPlane.kubeconfigPath });
      clients.push(setting.direct);
    },
    async stop() {
      await proxy.close();
      await Promise.all(clients.map((client) => client.close()));
      await setting.controlPlane.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return setting;
}

/** Looks until it is so. Throws with `what` when it is not so in time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
