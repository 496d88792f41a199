import type { Clock } from '../../../domain/clock.ts';
import { CodedError, messageOf } from '../../../errors/coded-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { secrets } from '../../../kube/core-resources.ts';
import { sleep, systemTimers, type Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import { certificateError } from './errors.ts';
import { judgeCertificate, readCertificate, type ServingCertificate } from './read-certificate.ts';

/** The certificate of HTTPS, as the cluster has it now. */
export interface CertificateWatch {
  /** The latest good one. What is broken or taken away later does not end HTTPS. */
  current(): ServingCertificate | undefined;
  /** What is wrong with it, if anything, and until when it is valid. */
  state(addresses: readonly string[]): { fault: CodedError | undefined; message: string };
  /** Calls `listener` with each certificate that is new. */
  onChange(listener: (certificate: ServingCertificate) => void): void;
  /** Reads it for the first time, without waiting for that, and then again and again. */
  start(): void;
  stop(): Promise<void>;
}

/** What `createCertificateWatch` is made of. */
export interface CertificateWatchDeps {
  client: Pick<KubeClient, 'get'>;
  namespace: string;
  secretName: string;
  clock: Clock;
  log: Logger;
  timers?: Timers;
  /** Between two looks, in milliseconds. Default 30 s. */
  intervalMs?: number;
}

/**
 * Reads the Secret by its name, again and again: a rack may read single Secrets of its namespace, and list none. While the API
 * server is away what was read last is served.
 */
export function createCertificateWatch(deps: CertificateWatchDeps): CertificateWatch {
  const { client, namespace, secretName, clock, log, timers = systemTimers, intervalMs = 30_000 } = deps;
  const name = `${namespace}/${secretName}`;
  const listeners = new Set<(certificate: ServingCertificate) => void>();
  const stopping = new AbortController();
  let certificate: ServingCertificate | undefined;
  let fault: CodedError | undefined;
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const secret = await client.get(secrets, secretName, namespace);
    try {
      const read = readCertificate(secret, name);
      fault = undefined;
      if (read.cert === certificate?.cert && read.key === certificate.key) return;
      certificate = read;
      const until = new Date(read.notAfter).toISOString();
      log.info({ secret: name, until, fingerprint: read.leaf.fingerprint256 }, 'HTTPS certificate read');
      for (const listener of listeners) listener(read);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (error.message !== fault?.message) log.warn({ secret: name, error: error.message }, error.code);
      fault = error;
    }
  }

  async function lookOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => {
        log.debug({ secret: name, error: messageOf(error) }, 'the HTTPS certificate cannot be read now');
      });
      await sleep(
        timers,
        certificate === undefined ? Math.min(intervalMs, 5_000) : intervalMs,
        stopping.signal,
      );
    }
  }

  return {
    current: () => certificate,
    state(addresses) {
      if (fault !== undefined) return { fault, message: fault.message };
      if (certificate !== undefined) return judgeCertificate(certificate, addresses, clock.now());
      const missing = certificateError('CertificateMissing', `the Secret ${name} could not be read yet`);
      return { fault: missing, message: missing.message };
    },
    onChange(listener) {
      listeners.add(listener);
    },
    start() {
      running = lookOn();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
