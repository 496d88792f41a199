import type { Machine } from '../../api/machine/schema.ts';
import type { SessionRecord } from '../boot-token/schema.ts';
import { type Answer, problem, type Request } from '../http/answer.ts';
import type { AgentApiDeps } from './agent-api.ts';

/** A call with a session key that is good, and the machine that the session is for, if there still is one. */
export interface Authorized {
  session: Readonly<SessionRecord>;
  machine: Machine | undefined;
}

/** The session of a call, or the answer that refuses it. Whether the session is over is for the caller to look at. */
export function authorize(request: Request, deps: AgentApiDeps): Authorized | { refusal: Answer } {
  const key = /^Bearer ([A-Za-z0-9_-]{1,128})$/i.exec(request.headers.authorization ?? '')?.[1];
  const session = key === undefined ? undefined : deps.tokens.session(key);
  if (session === undefined) {
    report(undefined, `${request.address} used an unknown session key`, request, deps);
    return { refusal: problem('SessionUnknown') };
  }
  const sighting = deps.sightings.byAddress(request.address);
  if (sighting === undefined ? request.address !== session.address : sighting.mac !== session.mac) {
    const message = `${request.address} used the session key of ${session.address}`;
    report(session.machine, message, request, deps);
    return { refusal: problem('SessionWrongAddress') };
  }
  return { session, machine: deps.machines.byName(session.machine) };
}

function report(
  machine: string | undefined,
  message: string,
  { address }: Request,
  deps: AgentApiDeps,
): void {
  deps.log.warn({ machine, address }, 'session refused');
  if (deps.eventRate.take(address)) deps.machines.securityEvent(machine, 'SessionRefused', message);
}
