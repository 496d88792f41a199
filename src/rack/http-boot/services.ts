import type { SecureApi } from '../../domain/boot/secure-api.ts';
import { CodedError } from '../../errors/coded-error.ts';
import type { ServiceState } from '../self/status.ts';
import type { SupervisedService } from '../supervisor.ts';
import type { CertificateWatch } from './certificate/certificate-watch.ts';
import { secureApiOf } from './certificate/read-certificate.ts';
import { createRackHttpServer, type RackHttpServer, type RackHttpServerDeps } from './server.ts';

/** HTTPS beside HTTP, with a certificate from the cluster. */
export interface HttpsOptions {
  port: number;
  certificates: CertificateWatch;
  /** UEFI HTTP boot is sent there. */
  boot: boolean;
}

/** What `createHttpServices` is made of. */
export interface HttpServicesDeps {
  server: Omit<RackHttpServerDeps, 'tls' | 'agentTls'>;
  httpPort: number;
  /** Default: HTTP alone. */
  https?: HttpsOptions | undefined;
}

/** The rack's HTTP side as services that begin and end interface by interface. */
export interface HttpServices {
  services: SupervisedService[];
  /** Adds to what the supervisor knows: an image cache that is full, a certificate that is bad or old. */
  describe(states: readonly ServiceState[]): ServiceState[];
  /** The port that UEFI is to load from by HTTPS; undefined while that would fail. */
  httpsBootPort(): number | undefined;
  /** How an agent that was booted from one of the rack's addresses speaks to it; undefined: by HTTP. */
  secureApi(address: string): SecureApi | undefined;
  close(): Promise<void>;
}

export function createHttpServices({ server, httpPort, https }: HttpServicesDeps): HttpServices {
  const plain = new Map<string, RackHttpServer>();
  const secure = new Map<string, RackHttpServer>();
  https?.certificates.onChange(({ cert, key }) => {
    for (const running of secure.values()) running.useCertificate({ cert, key });
  });

  async function begin(
    servers: Map<string, RackHttpServer>,
    where: { address: string; port: number },
    tls: RackHttpServerDeps['tls'],
  ): Promise<void> {
    const agentTls = { api: secureApi, authority: () => https?.certificates.current()?.authority };
    const made = createRackHttpServer({ ...server, agentTls, ...(tls === undefined ? {} : { tls }) });
    await made.listen(where);
    servers.set(where.address, made);
  }

  async function end(servers: Map<string, RackHttpServer>, address: string): Promise<void> {
    await servers.get(address)?.close();
    servers.delete(address);
  }

  /** Only what would work: an agent that is told of HTTPS speaks nothing else. */
  function secureApi(address: string): SecureApi | undefined {
    const certificate = https?.certificates.current();
    if (https === undefined || certificate === undefined || !secure.has(address)) return undefined;
    const bad = https.certificates.state([]).fault !== undefined;
    return bad ? undefined : secureApiOf(certificate, address, https.port);
  }

  /** The addresses that firmware is sent to, and refuses where the certificate does not name them. */
  const named = (addresses: readonly string[]): readonly string[] => (https?.boot === true ? addresses : []);

  const services: SupervisedService[] = [
    {
      name: 'Http',
      ports: [{ protocol: 'tcp', number: httpPort }],
      perAddress: true,
      begin: ({ address }) => begin(plain, { address, port: httpPort }, undefined),
      end: ({ address }) => end(plain, address),
    },
  ];
  if (https !== undefined) {
    const { port, certificates } = https;
    services.push({
      name: 'Https',
      ports: [{ protocol: 'tcp', number: port }],
      perAddress: true,
      begin({ address }) {
        const current = certificates.current();
        if (current === undefined) {
          const { fault, message } = certificates.state([address]);
          throw fault ?? new CodedError('CertificateMissing', message);
        }
        const { cert, key } = current;
        return begin(secure, { address, port }, { context: { cert, key }, httpPort });
      },
      end: ({ address }) => end(secure, address),
    });
  }

  return {
    services,
    describe: (states) =>
      states.map((state) => {
        if (state.state !== 'Running') return state;
        if (state.name === 'Https' && https !== undefined) {
          const { fault, message } = https.certificates.state(named([...secure.keys()]));
          return fault === undefined
            ? { ...state, message }
            : { ...state, state: 'Failed', reason: fault.code, message };
        }
        const fault = state.name === 'Http' ? server.images.fault() : undefined;
        return fault === undefined ? state : { ...state, reason: fault.code, message: fault.message };
      }),
    httpsBootPort() {
      if (https?.boot !== true || secure.size === 0) return undefined;
      return https.certificates.state([...secure.keys()]).fault === undefined ? https.port : undefined;
    },
    secureApi,
    async close() {
      await Promise.all([...plain.values(), ...secure.values()].map((running) => running.close()));
    },
  };
}
