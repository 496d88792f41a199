import { type BmcOfferAnswer, BmcStageReport } from '../../api/bmc/setup.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { AgentApiDeps } from './agent-api.ts';
import { authorize } from './authorize.ts';
import { isCurrent } from './next-task.ts';
import { readJson } from './read-json.ts';

/** `PUT /agent/v1/tasks/:id/bmc`: how far the agent is with the BMC. Credentials are sealed: the rack carries what it cannot read. */
export function bmcReportRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/tasks/:id/bmc',
    methods: ['PUT'],
    errors: 'Problem',
    async handle(request) {
      const found = findMachine(request, deps);
      if ('refusal' in found) return found.refusal;
      const body = await readJson(request, BmcStageReport, 16 * 1024);
      if ('refusal' in body) return body.refusal;
      const { machine, task, generation } = found;
      try {
        const at = new Date(deps.clock.now()).toISOString();
        await deps.machines.reportBmc(machine, { ...body.value, task, generation, at });
      } catch (error) {
        deps.log.warn({ machine, error: messageOf(error) }, 'the state of a BMC was not stored');
        return problem('NotReady', 'it cannot be stored at the moment', 2);
      }
      return { kind: 'Empty', status: 204 };
    },
  };
}

/** `GET /agent/v1/tasks/:id/bmc/:offer`: what the operator makes of the credentials that were offered. */
export function bmcOfferRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/tasks/:id/bmc/:offer',
    methods: ['GET'],
    errors: 'Problem',
    handle(request) {
      const found = findMachine(request, deps);
      if ('refusal' in found) return found.refusal;
      const setup = deps.machines.byName(found.machine)?.status?.bmcSetup;
      const value: BmcOfferAnswer =
        setup === undefined || setup.offer !== request.parameters[1]
          ? { state: 'Waiting' }
          : { state: setup.state, ...(setup.message === undefined ? {} : { message: setup.message }) };
      return { kind: 'Json', status: 200, value };
    },
  };
}

/** The machine of the session, as long as the task is its own, and an inventory that is to set up the BMC. */
function findMachine(
  request: Request,
  deps: AgentApiDeps,
): { machine: string; task: string; generation: number } | { refusal: Answer } {
  const call = authorize(request, deps);
  if ('refusal' in call) return call;
  const { machine, session } = call;
  if (!isCurrent(machine, session)) return { refusal: problem('SessionOver') };
  const task = machine?.status?.task;
  const isIts = task !== undefined && task.id === request.parameters[0] && task.bmc !== undefined;
  if (!isIts || task.generation !== session.generation) return { refusal: problem('TaskOver') };
  return { machine: session.machine, task: task.id, generation: task.generation };
}
