#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { findCondition } from '../api/conditions.ts';
import type { Machine } from '../api/machine/schema.ts';
import { OperatorConfiguration } from '../config/operator.ts';
import { parseConfiguration } from '../config/parse.ts';
import { createAllocationController } from '../controllers/allocation/controller.ts';
import { createBmcSetupController } from '../controllers/bmc-setup/controller.ts';
import type { BmcSetupMeans } from '../controllers/bmc-setup/policy.ts';
import { sealingKeyIn } from '../controllers/bmc-setup/sealing-key.ts';
import { createBootImageController } from '../controllers/boot-image/controller.ts';
import { createChassisController } from '../controllers/chassis/controller.ts';
import { createFabricController } from '../controllers/fabric/controller.ts';
import { createAddressAssignment } from '../controllers/ip-address/assign.ts';
import { createIpAddressController } from '../controllers/ip-address/controller.ts';
import { createMachineController } from '../controllers/machine/controller.ts';
import { defaultMachineTimings } from '../controllers/machine/timings.ts';
import { createMachineActionController } from '../controllers/machine-action/controller.ts';
import { createMachineHealthController } from '../controllers/machine-health/controller.ts';
import { createPolicyControllers } from '../controllers/policies.ts';
import { createRackController } from '../controllers/rack/controller.ts';
import { createInformers } from '../controllers/shared/informers.ts';
import { createSubnetController } from '../controllers/subnet/controller.ts';
import type { BootTrace } from '../controllers/traces/boot-trace.ts';
import { createTraceExporter } from '../controllers/traces/exporter.ts';
import { createTraceTeller } from '../controllers/traces/teller.ts';
import { createVlanController } from '../controllers/vlan/controller.ts';
import { systemClock } from '../domain/clock.ts';
import { staticNetworkConfig } from '../domain/net/static-network.ts';
import { createKubeClient } from '../kube/client.ts';
import type { Controller } from '../kube/controller.ts';
import { createAccessReview } from '../kube/endpoint/access-review.ts';
import { createEndpoint, type EndpointRoute, textAnswer } from '../kube/endpoint/endpoint.ts';
import { keepOpen } from '../kube/endpoint/kept-open.ts';
import { createEventRecorder } from '../kube/events.ts';
import { createLeaderElection } from '../kube/leader-election.ts';
import { createLogger } from '../log/logger.ts';
import { OperatorMeters } from '../metrics/operator-meters.ts';
import { createOperatorMetrics } from '../metrics/operator-metrics.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
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
  const meters = new OperatorMeters();
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
    const sealingKey = sealingKeyIn(client, config.namespace);
    const bmcSetup = async (): Promise<BmcSetupMeans> => ({
      policy: config.bmcSetup,
      publicKey: (await sealingKey()).publicKey,
    });
    const deps = {
      client,
      informers,
      events,
      fence: election.fence,
      clock: systemClock,
      log,
      meter: meters,
      steps: meters,
      namespace: config.namespace,
      timings: { ...defaultMachineTimings, ...config.timeoutsMs },
      randomBytes,
      networkConfig: (machine: Machine) =>
        staticNetworkConfig(machine, {
          addressesOf: (mac) => informers.addresses.list().filter(({ spec }) => spec.mac === mac),
          subnet: (name) => informers.subnets.get(name),
          vlan: (name) => informers.vlans.get(name),
        }),
      imageDirectories,
    };
    return [
      createMachineController({ ...deps, bmcSetup }),
      createBmcSetupController({ ...deps, sealingKey, policy: config.bmcSetup }),
      createMachineActionController(deps),
      createMachineHealthController(deps),
      createAllocationController(deps),
      createBootImageController(deps),
      createChassisController(deps),
      createFabricController(deps),
      createVlanController(deps),
      createSubnetController(deps),
      createIpAddressController(deps),
      createAddressAssignment(deps),
      createRackController(deps),
      ...createPolicyControllers({ ...deps, vanishedMs: config.vanishedMs }),
    ];
  }

  const metrics = createOperatorMetrics(meters, {
    version: packageJson.version,
    isLeader: () => election.isLeader(),
    machines: () => informers.machines.list().map(({ status }) => status?.phase ?? 'Unknown'),
    late: () =>
      informers.machines.list().flatMap(({ status }) => {
        const late = findCondition(status?.conditions, 'Late');
        return late?.status === 'True' ? [late.reason] : [];
      }),
  });
  let synced = false;
  const access = createAccessReview({ client, log });
  const routes = operatorRoutes(metrics, () => synced);
  const admin =
    config.admin &&
    keepOpen({
      create: () => createEndpoint({ routes, access, tls: config.admin?.tls, log }),
      where: config.admin,
      log,
    });
  admin?.start();
  informers.machines.onChange(({ type, object }) => {
    const phase = type === 'Deleted' ? undefined : object.status?.phase;
    meters.phase(object.metadata.uid ?? object.metadata.name, phase, performance.now());
  });

  const traces =
    config.traces && createTraceExporter({ ...config.traces, version: packageJson.version, log });
  if (traces !== undefined) {
    const tell = (trace: BootTrace): void => traces.add(trace);
    informers.machines.onChange(
      createTraceTeller({ isLeader: () => election.isLeader(), tell, clock: systemClock }),
    );
  }

  const all = Object.values(informers);
  for (const informer of all) informer.start();
  await Promise.all(all.map((informer) => informer.synced()));
  log.info({}, 'caches are filled');
  synced = true;
  election.start();
  return {
    async stop() {
      await election.stop();
      await Promise.all(all.map((informer) => informer.stop()));
      await traces?.stop();
      await admin?.stop();
      await events.stop();
      await client.close();
    },
  };
}

/** What the operator's endpoint shows. */
function operatorRoutes(metrics: MetricsRegistry, isReady: () => boolean): EndpointRoute[] {
  return [
    { path: '/healthz', open: true, handle: () => textAnswer('ok') },
    {
      path: '/readyz',
      open: true,
      handle: () => (isReady() ? textAnswer('ok') : textAnswer('the caches are not filled yet', 503)),
    },
    {
      path: '/metrics',
      handle: async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
    },
  ];
}

/** A directory that does not exist allows nothing. */
async function resolveAll(directories: readonly string[]): Promise<string[]> {
  const resolved = await Promise.all(directories.map((path) => realpath(path).catch(() => undefined)));
  return resolved.filter((path) => path !== undefined);
}

await run(start);
