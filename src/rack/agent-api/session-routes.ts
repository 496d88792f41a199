import { SessionRequest, type SessionResponse } from '../../api/agent/schema.ts';
import { decideBoot } from '../../domain/boot/decide-boot.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { ExpectedMachine, TokenRefusal } from '../boot-token/judge-token.ts';
import type { TokenRecord } from '../boot-token/schema.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { ProblemCode } from '../http/problems.ts';
import type { AgentApiDeps } from './agent-api.ts';
import { readJson } from './read-json.ts';

/** The agent asks for its task so often, in seconds. */
export const pollSeconds = 1;

const refusals: Record<TokenRefusal, { code: ProblemCode; seen: string }> = {
  Unknown: { code: 'BootTokenUnknown', seen: 'an unknown boot token' },
  Used: { code: 'BootTokenUsed', seen: 'a boot token that was used before' },
  MachineGone: { code: 'BootTokenExpired', seen: 'a boot token of a Machine that was deleted' },
  WrongMachine: { code: 'BootTokenWrongMachine', seen: 'a boot token of this machine, by another machine' },
  WrongAddress: { code: 'BootTokenWrongAddress', seen: 'a boot token of this machine, from another address' },
  GenerationOver: { code: 'BootTokenExpired', seen: 'a boot token of an earlier boot' },
  Expired: { code: 'BootTokenExpired', seen: 'an expired boot token' },
  SessionExists: { code: 'BootTokenUsed', seen: 'a second boot token of a boot that has its session' },
};

/** `POST /agent/v1/sessions`: a boot token for a session key, once. */
export function sessionRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/sessions',
    methods: ['POST'],
    errors: 'Problem',
    async handle(request) {
      const body = await readJson(request, SessionRequest, 16 * 1024);
      return 'refusal' in body ? body.refusal : openSession(body.value, request, deps);
    },
  };
}

async function openSession(
  { token, macAddresses, systemUuid, nonce }: SessionRequest,
  { address }: Request,
  deps: AgentApiDeps,
): Promise<Answer> {
  const { tokens, machines, clock, log } = deps;
  const record = tokens.find(token);
  const presenter = {
    macAddresses,
    systemUuid,
    nonce,
    address,
    addressConfirmed: isConfirmed(record, address, deps),
  };
  const outcome = await tokens
    .redeem(token, presenter, record === undefined ? undefined : expected(record, deps))
    .catch((error: unknown) => messageOf(error));
  if (typeof outcome === 'string') {
    log.error({ machine: record?.machine, error: outcome }, 'the session cannot be stored');
    return problem('NotReady', 'the session cannot be stored', 2);
  }
  if (outcome.kind === 'Refused') {
    const { code, seen } = refusals[outcome.refusal];
    const { machine } = outcome;
    log.warn({ machine, address, refusal: outcome.refusal }, 'boot token refused');
    if (deps.eventRate.take(address)) {
      const reason = outcome.refusal === 'Used' ? 'BootTokenReplayed' : 'BootTokenRefused';
      machines.securityEvent(machine, reason, `${address} presented ${seen}`);
    }
    return problem(code);
  }
  const { sessionKey, session } = outcome;
  const { machine, generation, mac } = session;
  log.info({ machine, generation, address }, 'session opened');
  machines.reportBoot(machine, {
    ...{ generation, stage: 'Agent', mac, address },
    at: new Date(clock.now()).toISOString(),
  });
  const value: SessionResponse = { sessionKey, machine, generation, pollSeconds };
  return { kind: 'Json', status: 201, value };
}

/**
 * The address is the one that the token was given to, or that DHCP has given to that interface since; in any case nobody
 * else has got it since. After a restart the rack remembers the token's address but not what DHCP did. A token from virtual
 * media may name no address: whoever read the medium may have any that DHCP has not given to another interface.
 */
function isConfirmed(
  record: Readonly<TokenRecord> | undefined,
  address: string,
  { sightings }: AgentApiDeps,
): boolean {
  if (record === undefined) return false;
  const sighting = sightings.byAddress(address);
  if (sighting !== undefined) return sighting.mac === record.mac;
  return address === record.address || record.address === '';
}

/** As it was when the token was issued, as far as time goes: a boot may begin shortly before it expires. */
function expected(
  { machine: name, issuedAt }: Readonly<TokenRecord>,
  { machines }: AgentApiDeps,
): ExpectedMachine | undefined {
  const machine = machines.byName(name);
  if (machine === undefined) return undefined;
  const decision = decideBoot(machine, issuedAt);
  return {
    uid: machine.metadata.uid,
    macAddresses: machine.spec.macAddresses,
    systemUuid: machine.status?.hardware?.systemUuid,
    generation: decision.kind === 'EphemeralOS' ? decision.generation : undefined,
  };
}
