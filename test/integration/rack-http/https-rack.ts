import { createServer } from 'node:net';
import { type Secret, secrets } from '../../../src/kube/core-resources.ts';
import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import type { HttpObserver } from '../../../src/rack/http/observe.ts';
import { createCertificateWatch } from '../../../src/rack/http-boot/certificate/certificate-watch.ts';
import type { TestCertificate } from '../../../src/rack/http-boot/certificate/test-certificates.ts';
import type { RackHttpServerDeps } from '../../../src/rack/http-boot/server.ts';
import { createHttpServices, type HttpServices } from '../../../src/rack/http-boot/services.ts';
import type { ServiceState } from '../../../src/rack/self/status.ts';
import { createSupervisor } from '../../../src/rack/supervisor.ts';
import { aSubnet } from '../../fixtures/objects.ts';
import { startRack, type TestRack } from './rack.ts';

export const address = '127.0.0.1';

/** A rack with HTTP, and HTTPS with whatever certificate its Secret holds, supervised as in the real one. */
export interface HttpsRack {
  rack: TestRack;
  services: HttpServices;
  ports: { http: number; https: number };
  /** Writes the Secret. */
  put(certificate: TestCertificate & { authority?: string }): Promise<void>;
  states(): Record<string, ServiceState>;
  stop(): Promise<void>;
}

/** @param boot whether UEFI is sent to HTTPS */
export async function startHttpsRack(boot: boolean, observer: HttpObserver = {}): Promise<HttpsRack> {
  const client = createMemoryClient();
  const clock = { now: () => Date.now() };
  const certificates = createCertificateWatch({
    ...{ client, namespace: 'system', secretName: 'tls', log: silentLogger, intervalMs: 50, clock },
  });
  const rack = await startRack();
  const ports = { http: await freePort(), https: await freePort() };
  const server: Omit<RackHttpServerDeps, 'tls' | 'agentTls'> = {
    ...{ machines: rack.machines, images: rack.images, tokens: rack.tokens, sightings: rack.sightings },
    loaders: { files: new Map([['snponly.efi', Buffer.from('MZ loader')]]) },
    ...{ clock, log: silentLogger, limits: { handshakeMs: 3_000 }, observer },
  };
  const https = { port: ports.https, certificates, boot };
  const services = createHttpServices({ server, httpPort: ports.http, https });
  const supervised = createSupervisor({
    services: services.services,
    attachments: () => [
      {
        vlan: 'v',
        interface: { name: 'lo', mac: '00:00:00:00:00:00', addresses: [] },
        subnets: [{ address, subnet: aSubnet() }],
      },
    ],
    disabled: () => [],
    log: silentLogger,
    intervalMs: 50,
  });
  certificates.start();
  await supervised.start();
  return {
    ...{ rack, services, ports },
    async put({ cert, key, authority }) {
      const entries = { 'tls.crt': cert, 'tls.key': key, ...(authority && { 'ca.crt': authority }) };
      const data = Object.fromEntries(
        Object.entries(entries).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
      );
      const secret: Secret = {
        ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 'system' } },
        ...{ type: 'kubernetes.io/tls', data },
      };
      await client.apply(secrets, secret, { fieldManager: 'cert-manager', force: true });
    },
    states: () =>
      Object.fromEntries(services.describe(supervised.states()).map((state) => [state.name, state])),
    async stop() {
      await supervised.stop();
      await services.close();
      await certificates.stop();
      await rack.stop();
    },
  };
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const taken = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof taken === 'object' && taken !== null ? taken.port : 0;
}
