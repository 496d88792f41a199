import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { poll } from '../process/poll.ts';
import type { ControlPlaneCertificates } from './certificates.ts';

/** Waits until the API server at `url` says that it is ready. `check` throws when its process has died. */
export async function waitForReady(
  url: string,
  certificates: Pick<ControlPlaneCertificates, 'caCertificate' | 'adminCertificate' | 'adminKey'>,
  check: () => void,
): Promise<void> {
  const tls = {
    ca: readFileSync(certificates.caCertificate),
    cert: readFileSync(certificates.adminCertificate),
    key: readFileSync(certificates.adminKey),
  };
  const isReady = () =>
    new Promise<true | undefined>((resolve) => {
      const call = request(`${url}/readyz`, { ...tls, timeout: 2_000, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200 ? true : undefined);
      });
      call.on('timeout', () => call.destroy());
      call.on('error', () => resolve(undefined));
      call.end();
    });
  await poll(isReady, { what: `the API server at ${url}`, timeoutMs: 180_000, check });
}
