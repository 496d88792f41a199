import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import type { ClientCertificate } from '../http/agent.ts';
import { createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpMethod } from '../http/request.ts';

const Envelope = z.object({
  type: z.string().optional(),
  metadata: z.unknown().optional(),
  operation: z.string().optional(),
  error: z.string().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

const Server = z.object({ auth: z.string(), api_extensions: z.array(z.string()).default([]) });
const Operation = z.object({ status_code: z.int(), err: z.string().default('') });

/** How long an operation is waited for; one that takes longer goes on by itself. */
const waitSeconds = 20;

/** LXD's REST API, shown our certificate. */
export interface LxdClient {
  /** What is in an answer of success. @throws CodedError<PowerErrorCode> */
  ask(method: HttpMethod, path: string, json: unknown, signal: AbortSignal): Promise<Envelope>;
  /** The same, read by a schema. @throws CodedError<PowerErrorCode> */
  read<T extends z.ZodType>(schema: T, path: string, signal: AbortSignal): Promise<z.infer<T>>;
  /** Waits for the operation of an answer. @returns why it failed; undefined when it did not, or still runs */
  outcome(answer: Envelope, project: string, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * A client that presents itself with the Secret's certificate. One that the server does not know yet is made known with
 * the Secret's trust token, once. Source: LXD's documentation of its REST API and of remote authentication.
 * @throws CodedError<PowerErrorCode> for the address, and for a certificate that is none.
 */
export function createLxdClient(target: PowerTarget): LxdClient {
  const clientCertificate = certificateOf(target);
  const { address, tls } = target;
  const where = { address, clientCertificate, ...(tls === undefined ? {} : { tls }) };
  const http = createBmcHttp(where, { scheme: 'https', port: 8443 });
  let trusted = false;

  const send = async (
    method: HttpMethod,
    path: string,
    json: unknown,
    signal: AbortSignal,
  ): Promise<Envelope> => {
    const { status, bytes } = await http.send(
      { method, path, ...(json === undefined ? {} : { json }) },
      signal,
    );
    const what = `${method} ${path}`;
    const parsed = Envelope.safeParse(parse(bytes));
    if (status >= 200 && status < 300) {
      if (parsed.success) return parsed.data;
      throw powerError('BmcProtocolError', `${what}: not an answer of LXD`);
    }
    const said = parsed.data?.error === undefined ? '' : `, "${parsed.data.error.slice(0, 300)}"`;
    const seen = `${what}: HTTP ${status}${said}`;
    if (status === 404) throw powerError('BmcSystemNotFound', seen);
    // LXD says "bad request" to what an instance cannot do now.
    const meaning =
      status === 400 ? ({ code: 'BmcUnsupported', retryable: false } as const) : statusMeaning(status);
    throw powerError(meaning.code, seen, { retryable: meaning.retryable });
  };
  const meet = async (signal: AbortSignal): Promise<z.infer<typeof Server>> => {
    const server = Server.safeParse((await send('GET', '/1.0', undefined, signal)).metadata);
    if (!server.success) throw powerError('BmcProtocolError', 'GET /1.0: not the answer of LXD');
    return server.data;
  };
  const beTrusted = async (signal: AbortSignal): Promise<void> => {
    if (trusted) return;
    const server = await meet(signal);
    if (server.auth !== 'trusted') await introduce(server.api_extensions, signal);
    trusted = true;
  };
  const introduce = async (extensions: readonly string[], signal: AbortSignal): Promise<void> => {
    const { trustToken } = target.secret;
    const what = 'the server does not trust the certificate of the Secret';
    if (trustToken === undefined) {
      throw powerError('BmcAuthenticationFailed', `${what}: add it there, or a trustToken to the Secret`);
    }
    // Servers before LXD 5.21 take a token where they took a password.
    const key = extensions.includes('explicit_trust_token') ? 'trust_token' : 'password';
    const asked = { type: 'client', name: 'metalwright', [key]: trustToken.trim() };
    const { status } = await http.send({ method: 'POST', path: '/1.0/certificates', json: asked }, signal);
    const after = status < 500 ? await meet(signal) : undefined;
    if (after?.auth === 'trusted') return;
    const seen = `${what}, and not its trustToken (HTTP ${status}), which is good for one use`;
    if (status >= 500) throw powerError('BmcBusy', seen, { retryable: true });
    throw powerError('BmcAuthenticationFailed', seen);
  };

  const ask: LxdClient['ask'] = async (method, path, json, signal) => {
    await beTrusted(signal);
    return send(method, path, json, signal);
  };
  const read: LxdClient['read'] = async (schema, path, signal) => {
    const { metadata } = await ask('GET', path, undefined, signal);
    const parsed = schema.safeParse(metadata);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw powerError(
      'BmcProtocolError',
      `GET ${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  };
  return {
    ...{ ask, read },
    async outcome({ operation }, project, signal) {
      if (operation === undefined) return undefined;
      if (!/^\/1\.0\/operations\/[\w-]+$/.test(operation.replace(/\?.*/, ''))) {
        throw powerError('BmcProtocolError', 'LXD names an operation that is none');
      }
      const query = `timeout=${waitSeconds}&project=${encodeURIComponent(project)}`;
      const path = `${operation.replace(/\?.*/, '')}/wait?${query}`;
      const { status_code: code, err } = await read(Operation, path, signal);
      return code >= 400 ? err || `status ${code}` : undefined;
    },
    close: () => http.close(),
  };
}

/** @throws CodedError<PowerErrorCode> BmcAuthenticationFailed, without a word of what is in the Secret */
function certificateOf({ secret: { certificate = '', key = '' } }: PowerTarget): ClientCertificate {
  let fits = false;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw powerError('BmcAuthenticationFailed', "the Secret's certificate or key is no PEM");
  }
  if (fits) return { cert: certificate, key };
  throw powerError('BmcAuthenticationFailed', "the Secret's certificate and key do not belong together");
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
