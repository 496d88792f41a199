import type { RackService } from '../api/rack/schema.ts';
import { CodedError, messageOf } from '../errors/coded-error.ts';
import type { Logger } from '../log/logger.ts';
import { describeHolders, findPortHolders, type Port } from './net/port-holder.ts';
import { delay } from './power/delay.ts';
import type { ServiceState } from './self/status.ts';
import type { Attachment } from './world/topology.ts';

/** One service on one interface of the rack. */
export interface ServedInterface {
  device: string;
  /** The rack's IPv4 address there. */
  address: string;
}

/** A network service that can be begun and ended interface by interface. */
export interface SupervisedService {
  name: RackService;
  /** The ports that it needs on each interface: when one is taken, people are told by whom. */
  ports?: readonly Port[];
  /** Begun on every address of an interface, for its sockets are bound to addresses. Default: on the first. */
  perAddress?: boolean;
  begin(where: ServedInterface): Promise<void>;
  end(where: ServedInterface): Promise<void>;
}

interface Placed {
  service: SupervisedService;
  where: ServedInterface;
}

export interface Supervisor {
  /** Looks for the first time, and then again and again. */
  start(): Promise<void>;
  states(): ServiceState[];
  stop(): Promise<void>;
}

export interface SupervisorDeps {
  services: readonly SupervisedService[];
  attachments(): readonly Attachment[];
  disabled(): readonly RackService[];
  log: Logger;
  /** Between two looks, in milliseconds. */
  intervalMs: number;
  /** For tests. */
  findHolders?: typeof findPortHolders;
}

/** Why a service does not serve on an interface. */
interface Failure {
  reason: string;
  message: string;
}

/** Which interfaces are to be served: those with an IPv4 address in a managed subnet. */
export function servedInterfaces(attachments: readonly Attachment[]): ServedInterface[] {
  return attachments.flatMap(({ interface: nic, subnets }) => {
    const own = subnets.find(({ subnet, address }) => subnet.spec.managed && !address.includes(':'));
    return own === undefined ? [] : [{ device: nic.name, address: own.address }];
  });
}

/** All of the rack's IPv4 addresses in managed subnets: DHCP names each of them to the clients of its subnet. */
export function servedAddresses(attachments: readonly Attachment[]): ServedInterface[] {
  return attachments.flatMap(({ interface: nic, subnets }) =>
    subnets
      .filter(({ subnet, address }) => subnet.spec.managed && !address.includes(':'))
      .map(({ address }) => ({ device: nic.name, address })),
  );
}

/**
 * Keeps every service on every interface that it belongs on. One that cannot start (a port is taken) says so, is tried again,
 * and keeps no other from serving.
 */
export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const running = new Map<string, Placed>();
  const { findHolders = findPortHolders } = deps;
  const failures = new Map<string, Failure>();
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  const keyOf = (service: SupervisedService, where: ServedInterface): string =>
    `${service.name} ${where.device} ${where.address}`;

  async function begin(service: SupervisedService, where: ServedInterface): Promise<void> {
    const key = keyOf(service, where);
    try {
      await service.begin(where);
      running.set(key, { service, where });
      failures.delete(key);
      deps.log.info({ service: service.name, ...where }, 'serves');
    } catch (error) {
      const reason = error instanceof CodedError ? error.code : 'Failed';
      const holders = reason === 'PortInUse' ? await holdersOf(service) : '';
      const message = `${where.device}: ${messageOf(error)}${holders}`;
      if (failures.get(key)?.message !== message)
        deps.log.error({ service: service.name, ...where }, message);
      failures.set(key, { reason, message });
    }
  }

  /** It is told which of the ports is taken by its holder; without any holder in sight all of them are named. */
  async function holdersOf({ ports = [] }: SupervisedService): Promise<string> {
    const held = await Promise.all(
      ports.map(async (port) => ({ port, holders: await findHolders(port).catch(() => []) })),
    );
    const seen = held.filter(({ holders }) => holders.length > 0);
    return (seen.length > 0 ? seen : held)
      .map(({ port, holders }) => `; ${describeHolders(port, holders)}`)
      .join('');
  }

  function wantedNow(): Map<string, Placed> {
    const attachments = deps.attachments();
    const [interfaces, addresses] = [servedInterfaces(attachments), servedAddresses(attachments)];
    const enabled = deps.services.filter(({ name }) => !deps.disabled().includes(name));
    return new Map(
      enabled.flatMap((service) =>
        (service.perAddress === true ? addresses : interfaces).map((where): [string, Placed] => [
          keyOf(service, where),
          { service, where },
        ]),
      ),
    );
  }

  async function look(): Promise<void> {
    const wanted = wantedNow();
    for (const [key, { service, where }] of running) {
      if (wanted.has(key)) continue;
      running.delete(key);
      await service.end(where);
      deps.log.info({ service: service.name, ...where }, 'serves no more');
    }
    for (const key of failures.keys()) {
      if (!wanted.has(key)) failures.delete(key);
    }
    for (const [key, { service, where }] of wanted) {
      if (!running.has(key)) await begin(service, where);
    }
  }

  async function lookOn(): Promise<void> {
    for (;;) {
      await delay(deps.intervalMs, stopping.signal);
      await look();
    }
  }

  return {
    async start() {
      await look();
      loop = lookOn().catch((error: unknown) => {
        if (!stopping.signal.aborted) deps.log.error({ error: messageOf(error) }, 'supervision ended');
      });
    },
    states: () =>
      deps.services.map(({ name }) => {
        if (deps.disabled().includes(name)) return { name, state: 'Disabled' };
        const broken = [...failures]
          .filter(([key]) => key.startsWith(`${name} `))
          .map(([, failure]) => failure);
        const [first] = broken;
        if (first === undefined) return { name, state: 'Running' };
        const message = broken.map((failure) => failure.message).join('; ');
        return { name, state: 'Failed', reason: first.reason, message };
      }),
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
