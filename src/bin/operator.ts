#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { OperatorConfiguration } from '../config/operator.ts';
import { parseConfiguration } from '../config/parse.ts';
import { createAllocationController } from '../controllers/allocation/controller.ts';
import { createBootImageController } from '../controllers/boot-image/controller.ts';
import { createFabricController } from '../controllers/fabric/controller.ts';
import { createAddressAssignment } from '../controllers/ip-address/assign.ts';
import { createIpAddressController } from '../controllers/ip-address/controller.ts';
import { createMachineController } from '../controllers/machine/controller.ts';
import { defaultMachineTimings } from '../controllers/machine/timings.ts';
import { createMachineActionController } from '../controllers/machine-action/controller.ts';
import { createRackController } from '../controllers/rack/controller.ts';
import { createInformers } from '../controllers/shared/informers.ts';
import { createSubnetController } from '../controllers/subnet/controller.ts';
import { createVlanController } from '../controllers/vlan/controller.ts';
import { systemClock } from '../domain/clock.ts';
import { createKubeClient } from '../kube/client.ts';
import type { Controller } from '../kube/controller.ts';
import { createEventRecorder } from '../kube/events.ts';
import { createLeaderElection } from '../kube/leader-election.ts';
import { createLogger } from '../log/logger.ts';
import { run } from './run.ts';

/** The operator: watches always, decides and writes while it is the leader. */
async function start(): Promise<{ stop(): Promise<void> }> {
  const config = parseConfiguration(OperatorConfiguration, process.env);
  const log = createLogger('operator', config.logLevel);
  const client = createKubeClient({ kubeconfigPath: config.kubeconfig });
  const identity = `${config.identity}-${randomBytes(4).toString('hex')}`;
  const events = createEventRecorder({
    client,
    component: 'metalwright.dev/operator',
    instance: identity,
    log,
  });
  const informers = createInformers(client, config.namespace, log);
  const imageDirectories = await resolveAll(config.imageDirectories);

  const election = createLeaderElection({
    client,
    namespace: config.namespace,
    name: 'metalwright-operator',
    identity,
    log,
    async onStarted(signal) {
      const controllers = createControllers();
      for (const controller of controllers) controller.start();
      log.info({ identity }, 'leads');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.all(controllers.map((controller) => controller.stop()));
      log.info({ identity }, 'leads no more');
    },
  });

  function createControllers(): Controller[] {
    const deps = {
      client,
      informers,
      events,
      fence: election.fence,
      clock: systemClock,
      log,
      namespace: config.namespace,
      timings: { ...defaultMachineTimings, ...config.timeoutsMs },
      randomBytes,
      imageDirectories,
    };
    return [
      createMachineController(deps),
      createMachineActionController(deps),
      createAllocationController(deps),
      createBootImageController(deps),
      createFabricController(deps),
      createVlanController(deps),
      createSubnetController(deps),
      createIpAddressController(deps),
      createAddressAssignment(deps),
      createRackController(deps),
    ];
  }

  const all = Object.values(informers);
  for (const informer of all) informer.start();
  await Promise.all(all.map((informer) => informer.synced()));
  log.info({}, 'caches are filled');
  election.start();
  return {
    async stop() {
      await election.stop();
      await Promise.all(all.map((informer) => informer.stop()));
      await events.stop();
      await client.close();
    },
  };
}

/** A directory that does not exist allows nothing. */
async function resolveAll(directories: readonly string[]): Promise<string[]> {
  const resolved = await Promise.all(directories.map((path) => realpath(path).catch(() => undefined)));
  return resolved.filter((path) => path !== undefined);
}

await run(start);
