import type { ActionParameters } from '../../../api/machine-action/schema.ts';
import type { Verdict } from '../decision.ts';
import { followTask, networkBoot } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { followPower } from '../power.ts';
import { loginsOf } from '../return.ts';
import { millis, timestamp } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, ready, reconciling, stopBoot } from '../verdicts.ts';

/** Enters the phase, with the intent of the boot. */
export function commission(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  { sshKeys, enableSsh, skipNetworking, skipStorage }: ActionParameters = {},
): Verdict {
  const task = {
    kind: 'Inventory',
    ...loginsOf({ sshKeys, enableSsh }),
    ...(skipNetworking === true ? { skipNetworking } : {}),
    ...(skipStorage === true ? { skipStorage } : {}),
  } as const;
  const { attempts = 0, ...rest } = statusOf(observed).commissioned ?? {};
  return reconciling(hasPower(observed) ? 'PoweringOn' : 'AwaitingPerson', {
    patch: {
      phase: 'Commissioning',
      step: 'Boot',
      failure: undefined,
      returnTo: undefined,
      commissioned: { ...rest, attempts: attempts + 1 },
      ...networkBoot(observed, now, timings, task, timings.commission),
    },
  });
}

/** Boot, wait for the inventory, switch off. */
export function commissioning(observed: Observed, now: number, timings: MachineTimings): Verdict {
  return statusOf(observed).step === 'PowerOff'
    ? powerOff(observed, now, timings)
    : boot(observed, now, timings);
}

function boot(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const step = 'Commissioning';
  const words = {
    working: 'Commissioning',
    timeout: 'CommissioningTimeout',
    limitMs: timings.commission,
  } as const;
  const progress = followTask(observed, now, timings, words);
  if (progress.kind === 'Failed') return fail(observed, now, { step, ...progress });
  if (progress.kind === 'Waiting') return reconciling(progress.reason, { until: progress.until });
  if (observed.hardware === undefined) {
    const until = millis(statusOf(observed).stepSince, now) + timings.commission;
    if (now < until) return reconciling('StoringInventory', { until });
    return fail(observed, now, { step, reason: 'InventoryMissing', seen: 'there is no MachineInventory' });
  }
  // Who has logged in stays: the boot remains the present one until the machine is used.
  if (statusOf(observed).task?.enableSsh === true) return done(observed, now, {}, true);
  const patch = { step: 'PowerOff', ...stopBoot(observed, now) };
  return hasPower(observed) ? reconciling('PoweringOff', { patch }) : done(observed, now, patch);
}

function powerOff(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const power = followPower(observed, now, timings);
  if (power.kind === 'Failed') return fail(observed, now, { step: 'Switching off', ...power });
  if (power.kind === 'Waiting') return reconciling('PoweringOff', { until: power.until });
  return done(observed, now);
}

function done(observed: Observed, now: number, patch: Verdict['patch'] = {}, staysOn = false): Verdict {
  const attempts = statusOf(observed).commissioned?.attempts ?? 1;
  return {
    ...ready('Ready', {
      patch: {
        ...patch,
        phase: 'Ready',
        step: undefined,
        power: undefined,
        ...(staysOn ? {} : { task: undefined }),
        commissioned: { attempts, lastAt: timestamp(now) },
      },
    }),
    events: [
      { type: 'Normal', reason: 'Commissioned', message: 'The inventory is stored; the machine is Ready.' },
    ],
  };
}
