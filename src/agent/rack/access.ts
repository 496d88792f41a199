import { X509Certificate } from 'node:crypto';
import { authorityPin, type SecureApi } from '../../domain/boot/secure-api.ts';
import type { RunProgram } from '../host/programs.ts';
import type { Timing } from '../time.ts';
import type { Refusal } from './client.ts';
import type { HttpAnswer } from './http.ts';
import { type HttpTransport, plainTransport } from './transport.ts';
import { untilAnswered } from './until-answered.ts';

/** How this agent speaks to its rack. */
export interface RackAccess {
  /** Base URL of the rack's API. */
  api: string;
  /** Connections for it, so many at a time. */
  transport(maxSockets: number): HttpTransport;
  /** Whether nobody on the way can read along. */
  secure: boolean;
}

export interface RackAccessDeps {
  send: Parameters<typeof untilAnswered>[1]['send'];
  timing: Timing;
  run: RunProgram;
  onSilence(message: string): void;
}

/** Clocks that differ by less, in milliseconds, are left alone. */
const clockSlackMs = 60_000;

/**
 * By HTTPS where the kernel command line asks for it, and by nothing else then: who could make the agent fall back could read
 * along. The rack gives the certificate of its authority; it counts only when its digest is that of the command line.
 *
 * @param rack base URL, of HTTP
 */
export async function openRack(
  rack: string,
  secure: SecureApi | 'unusable' | undefined,
  deps: RackAccessDeps,
  signal: AbortSignal,
): Promise<RackAccess | Refusal> {
  if (secure === undefined) return { api: rack, transport: plainTransport, secure: false };
  if (secure === 'unusable')
    return {
      refused: 'the kernel command line asks for HTTPS (mw.https, mw.ca, mw.name) and is not complete',
    };
  const url = `${rack}/agent/v1/authority`;
  const answer = await untilAnswered({ method: 'GET', url, signal }, { ...deps, rack });
  const ca = certificateIn(answer, secure.authority);
  if (ca === undefined)
    return {
      refused: `the authority that ${url} names (HTTP ${answer.status}) is not the one of the kernel command line: is this another rack?`,
    };
  await setClock(answer, deps);
  const { Agent, request } = await import('node:https');
  const trust = {
    ...{ ca, allowPartialTrustChain: true, minVersion: 'TLSv1.2' as const },
    ...(secure.name === undefined ? {} : { servername: secure.name }),
  };
  return {
    api: `https://${new URL(rack).hostname}:${secure.port}`,
    transport: (maxSockets) => ({ request, agent: new Agent({ keepAlive: true, maxSockets, ...trust }) }),
    secure: true,
  };
}

/** The certificate in PEM, if it is the one that was meant. */
function certificateIn({ body }: HttpAnswer, digest: string): string | undefined {
  const pem =
    typeof body === 'object' && body !== null && 'certificate' in body ? body.certificate : undefined;
  if (typeof pem !== 'string') return undefined;
  try {
    const certificate = new X509Certificate(pem);
    return authorityPin(certificate) === digest ? certificate.toString() : undefined;
  } catch {
    return undefined;
  }
}

/** A machine without a battery believes it is years ago, when no certificate of today was valid yet. */
async function setClock({ sentAtMs }: HttpAnswer, { run, timing }: RackAccessDeps): Promise<void> {
  if (sentAtMs === undefined || Math.abs(sentAtMs - timing.now()) < clockSlackMs) return;
  await run('date', ['-u', '-s', `@${Math.round(sentAtMs / 1000)}`]);
}
