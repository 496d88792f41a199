import { EnlistmentRequest, type EnlistmentResponse } from '../../api/agent/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { AgentApiDeps } from './agent-api.ts';
import { readJson } from './read-json.ts';

/**
 * `POST /agent/v1/enlistments`: an unknown machine becomes known. It opens nothing, so all it takes is an address that this
 * rack's DHCP gave to one of the machine's interfaces; and there is room for so many only.
 */
export function enlistmentRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/enlistments',
    methods: ['POST'],
    errors: 'Problem',
    async handle(request) {
      if (!deps.enlistRate.take(request.address)) return problem('TooManyRequests', undefined, 20);
      const body = await readJson(request, EnlistmentRequest, 4 * 1024 * 1024);
      return 'refusal' in body ? body.refusal : enlist(body.value, request, deps);
    },
  };
}

async function enlist(
  enlistment: EnlistmentRequest,
  { address }: Request,
  deps: AgentApiDeps,
): Promise<Answer> {
  const { machines, sightings, log } = deps;
  const sighting = sightings.byAddress(address);
  if (sighting === undefined || !enlistment.macAddresses.includes(sighting.mac)) {
    refuse('an enlistment without DHCP', address, deps);
    return problem('EnlistmentRefused');
  }
  // The agent repeats what was not answered: the machine may be there already, but not yet its inventory.
  const isKnown = machines.byMac(sighting.mac) !== undefined;
  if (!isKnown && machines.pendingEnlistments() >= deps.mostPendingEnlistments) {
    refuse(`an enlistment while ${deps.mostPendingEnlistments} machines wait for approval`, address, deps);
    return problem('EnlistmentsFull', `${deps.mostPendingEnlistments} wait: approve or delete some`);
  }
  const { vlan, subnet, mac } = sighting;
  try {
    const { machine } = await machines.enlist(enlistment, { vlan, subnet, mac, address });
    log.info({ machine, mac, address }, 'machine enlisted');
    return created(machine);
  } catch (error) {
    log.warn({ mac, address, error: messageOf(error) }, 'an enlistment was not stored');
    return problem('NotReady', 'the enlistment cannot be stored at the moment', 5);
  }
}

function created(machine: string): Answer {
  const value: EnlistmentResponse = { machine };
  return { kind: 'Json', status: 201, value };
}

function refuse(seen: string, address: string, { machines, eventRate, log }: AgentApiDeps): void {
  log.warn({ address }, `refused ${seen}`);
  if (eventRate.take(address))
    machines.securityEvent(undefined, 'EnlistmentRefused', `${address} tried ${seen}`);
}
