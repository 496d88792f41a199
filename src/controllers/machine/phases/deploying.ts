import { startsDiskByBmc } from '../../../api/bmc/effective.ts';
import type { Verdict } from '../decision.ts';
import { followTask, networkBoot } from '../network-boot.ts';
import { hasPower, type Observed, statusOf } from '../observed.ts';
import { followPower, powerRequest } from '../power.ts';
import { seedSecretName } from '../seed-secret.ts';
import { millis, timestamp } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { fail, reconciling } from '../verdicts.ts';

/** Put the seed together, boot, write the image, boot from it. */
export function deploying(observed: Observed, now: number, timings: MachineTimings): Verdict {
  switch (statusOf(observed).step) {
    case 'Install':
      return install(observed, now, timings);
    case 'FirstBoot':
      return firstBoot(observed, now, timings);
    default:
      return seed(observed, now, timings);
  }
}

function seed(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const step = 'Preparing the deployment';
  const { seed: outcome, rackUrl, allocation, machine } = observed;
  if (outcome?.kind === 'Unavailable') {
    return fail(observed, now, { step, reason: 'SeedUnavailable', seen: outcome.message });
  }
  if (outcome === undefined) {
    if (rackUrl !== undefined)
      return reconciling('PreparingSeed', { commands: [{ kind: 'EnsureSeed', rackUrl }] });
    const until = millis(statusOf(observed).stepSince, now) + timings.rack;
    if (now < until) return reconciling('AwaitingRack', { until });
    return fail(observed, now, { step, reason: 'NoRack', seen: 'no Rack has status.httpUrl' });
  }
  const task = { kind: 'Install', image: allocation?.spec.image, secret: seedSecretName(machine) } as const;
  return reconciling(hasPower(observed) ? 'PoweringOn' : 'AwaitingPerson', {
    patch: {
      step: 'Install',
      phoneHomeTokenHash: outcome.tokenHash,
      ...networkBoot(observed, now, timings, task, timings.install),
    },
  });
}

function install(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const words = { working: 'Installing', timeout: 'InstallTimeout', limitMs: timings.install } as const;
  const progress = followTask(observed, now, timings, words);
  const commands = dropSeed(observed);
  if (progress.kind === 'Failed') return fail(observed, now, { step: 'Installing', ...progress, commands });
  if (progress.kind === 'Waiting') return reconciling(progress.reason, { until: progress.until });
  const generation = statusOf(observed).boot?.generation ?? 0;
  return reconciling('FirstBoot', {
    patch: {
      step: 'FirstBoot',
      boot: { generation, target: 'Disk' },
      ...startFromDisk(observed, now, generation),
    },
    commands,
  });
}

/** Where the agent leaves the machine off, its BMC starts it from its disk. */
function startFromDisk({ machine }: Observed, now: number, generation: number): Verdict['patch'] {
  if (!startsDiskByBmc(machine)) return {};
  return { power: { request: powerRequest(`g${generation}-disk`, 'Cycle', now, 'Disk') } };
}

function firstBoot(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const status = statusOf(observed);
  if (hasPhonedHome(observed)) {
    return {
      ...reconciling('CloudInitRunning'),
      patch: { phase: 'Deployed', step: undefined, task: undefined, power: undefined },
      events: [{ type: 'Normal', reason: 'Deployed', message: 'The installed OS has phoned home.' }],
    };
  }
  const power = followPower(observed, now, timings);
  if (power.kind === 'Failed') return fail(observed, now, { step: 'Starting from disk', ...power });
  const since = millis(status.stepSince, now);
  const until = since + timings.firstBoot;
  if (now < until) return reconciling('FirstBoot', { until });
  const seen = `nothing since the installation ended at ${timestamp(since)}`;
  // Left on: its console is the only witness.
  return fail(observed, now, { step: 'First boot', reason: 'DeployedOsSilent', seen, leaveOn: true });
}

function hasPhonedHome(observed: Observed): boolean {
  const { boot, bootProgress } = statusOf(observed);
  return (
    bootProgress !== undefined &&
    bootProgress.generation === boot?.generation &&
    (bootProgress.stage === 'PhonedHome' || bootProgress.stage === 'Finished')
  );
}

/** The seed has served: it holds the user data, which may hold secrets. */
export function dropSeed(observed: Observed): Verdict['commands'] {
  const { allocation } = statusOf(observed);
  return allocation === undefined ? [] : [{ kind: 'DeleteSeed', allocationUid: allocation.uid }];
}
