import type { TLSSocket } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';

const connectTimeoutMs = 15_000;

/** What we show to a server that wants to see a certificate. PEM. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/**
 * Connections to one BMC, one at a time, checked as `spec.bmc.tls` says. With a fingerprint, that certificate is the only
 * one taken, whoever signed it; nothing is sent before it was seen.
 * @throws CodedError<PowerErrorCode> BmcTlsFailed when a certificate is asked for and the address is http.
 */
export function createAgent(base: URL, tls: PowerTarget['tls'], client?: ClientCertificate): Agent {
  if (base.protocol === 'http:' && (tls?.fingerprint !== undefined || tls?.caBundle !== undefined)) {
    throw powerError(
      'BmcTlsFailed',
      'the address is http, which cannot show the certificate that is asked for',
    );
  }
  const pinned = tls?.fingerprint?.replaceAll(':', '').toLowerCase();
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    maxCachedSessions: 0,
    rejectUnauthorized: pinned === undefined && tls?.insecureSkipVerify !== true,
    ...(tls?.caBundle === undefined ? {} : { ca: tls.caBundle }),
    ...client,
  });
  return new Agent({
    connections: 1,
    pipelining: 0,
    connect(options, callback) {
      connect(options, (...result) => {
        const [error, socket] = result;
        if (error !== null) return callback(error, null);
        if (pinned !== undefined && options.protocol === 'https:' && 'getPeerCertificate' in socket) {
          const seen = fingerprintOf(socket);
          if (seen !== pinned) {
            socket.destroy();
            const message = `the certificate's SHA-256 is ${seen}, not the pinned ${pinned}`;
            return callback(powerError('BmcTlsFailed', message), null);
          }
        }
        return callback(null, socket);
      });
    },
  });
}

function fingerprintOf(socket: TLSSocket): string {
  return (socket.getPeerCertificate().fingerprint256 ?? '').replaceAll(':', '').toLowerCase();
}
