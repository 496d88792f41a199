import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import type { RateLimit } from '../agent-api/rate-limit.ts';
import { matchesHash } from '../boot-token/secrets.ts';
import { problem, type Route } from '../http/answer.ts';

export interface PhoneHomeDeps {
  machines: Pick<RackMachines, 'byName' | 'reportBoot' | 'securityEvent'>;
  eventRate: RateLimit;
  clock: Clock;
  log: Logger;
}

const stages: ReadonlyMap<string, 'PhonedHome' | 'Finished'> = new Map([
  ['started', 'PhonedHome'],
  ['finished', 'Finished'],
] as const);

/** Compared with when a machine has no token, so that the time does not tell whether it has one. */
const noHash = '0'.repeat(64);

/**
 * `POST /phone-home/v1/:machine/:token/:stage`: the installed OS says that it runs, and that it is set up. The same stage
 * may be told any number of times. Whatever is wrong, the answer is the same.
 */
export function phoneHomeRoute({ machines, eventRate, clock, log }: PhoneHomeDeps): Route {
  return {
    pattern: '/phone-home/v1/:machine/:token/:stage',
    methods: ['POST'],
    errors: 'Text',
    async handle(request) {
      const [name = '', token = '', stageName = ''] = request.parameters;
      await request.body(64 * 1024);
      const stage = stages.get(stageName);
      const machine = machines.byName(name);
      const matches = matchesHash(token, machine?.status?.phoneHomeTokenHash ?? noHash);
      if (stage === undefined || machine === undefined || !matches) {
        const known = machine?.metadata.name;
        log.warn({ machine: known, address: request.address }, 'a call of an installed OS was refused');
        if (eventRate.take(request.address))
          machines.securityEvent(known, 'PhoneHomeRefused', `${request.address} called with a wrong token`);
        return problem('NotFound');
      }
      log.info({ machine: name, stage, address: request.address }, 'the installed OS called');
      machines.reportBoot(name, {
        generation: machine.status?.boot?.generation ?? 0,
        stage,
        at: new Date(clock.now()).toISOString(),
        address: request.address,
      });
      return { kind: 'Text', status: 200, text: 'ok\n' };
    },
  };
}
