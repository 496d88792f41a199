import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { macFromBytes } from '../../domain/net/mac.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Logger } from '../../log/logger.ts';
import { listInterfaces } from '../net/interfaces.ts';
import { emptyRouterAdvertisement } from '../net/router-advertisement.ts';
import type { LinkSender, UdpPeer, UdpSocket } from '../net/sockets.ts';
import { createAnswerLog } from './answer-log.ts';
import { canBoot } from './boot-file.ts';
import type { Outcome } from './exchange.ts';
import { isProbe } from './foreign-probe.ts';
import { handle } from './handler.ts';
import { clientOf } from './identity.ts';
import { createIntake } from './intake.ts';
import type { LeaseEntry } from './leases/lease.ts';
import { messageType, option, readNumber } from './options.ts';
import { type Dhcp4Packet, decodePacket } from './packet.ts';
import { peekMac, peekMessageType } from './peek.ts';
import { guardOffer } from './ping-offer.ts';
import type { Dhcp4Server, Dhcp4ServerDeps, DhcpNetwork } from './ports.ts';
import { proxyRequest } from './proxy-request.ts';
import { type RelayAgent, relayAgentOf } from './relay-agent.ts';
import { bootpReplyType, type UnsentOptions } from './reply.ts';
import { createStrangerBudget } from './stranger-budget.ts';
import { onSubnet, planOf } from './subnet-plan.ts';
import { transmit } from './transmit.ts';

/** One interface that is served. */
interface Listener {
  device: string;
  socket: UdpSocket;
  link: LinkSender | undefined;
}

/** One datagram. */
interface Arrival {
  listener: Listener;
  data: Uint8Array;
  peer: UdpPeer;
}

/** One message and where it came from. */
interface Asked {
  packet: Dhcp4Packet;
  peer: UdpPeer;
  relay: RelayAgent | undefined;
  network: DhcpNetwork;
  /** When it came in, on a clock that only goes forward, in milliseconds. */
  at: number;
}

/** Acknowledgements that wait for the disk at once: beyond it a stalled disk must not fill the memory. */
const maximumWaiting = 10_000;
/** Addresses tried for one DISCOVER where the first ones answer a ping; the client's next DISCOVER tries more. */
const mostAttempts = 3;
/** One warning a minute about each kind of trouble, whatever the number of clients. */
const warningEveryMs = 60_000;

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(messageType).map(([name, number]) => [number, name.toUpperCase()]),
);

/** A DHCPv4 server (RFC 2131) that serves each interface with a socket of its own. */
export function createDhcp4Server(deps: Dhcp4ServerDeps): Dhcp4Server {
  const { backend, sockets, leases, clock, log, meter, interfaces = listInterfaces } = deps;
  const ports = deps.ports ?? { server: 67, client: 68 };
  const listeners = new Map<string, Listener>();
  const warn = limitedWarnings(deps);
  const logAnswer = createAnswerLog(log, clock);
  const strangers = createStrangerBudget(clock);
  const intake = createIntake<Arrival>({
    handle: receive,
    dropped: () => {
      meter?.received(messageType.discover);
      meter?.refused('Overload');
    },
  });
  let waiting = 0;

  function receive({ listener, data, peer }: Arrival): void {
    const { device } = listener;
    if (listeners.get(device) !== listener) return;
    guarded(device, peer, () => {
      const packet = decodePacket(data);
      if (isProbe(packet)) return;
      const at = performance.now();
      meter?.received(readNumber(packet.options, option.messageType) ?? 0);
      const relay = relayAgentOf(packet);
      const network = relay
        ? backend.networkOfRelay(ipv4FromNumber(relay.link), device, [
            ipv4FromNumber(relay.address),
            peer.address,
          ])
        : networkOf(device, packet, peer);
      if (network === undefined) meter?.refused('NotServed');
      else if (network.mode === 'Proxy') proxy(listener, { packet, peer, relay, network, at });
      else respond(listener, { packet, peer, relay, network, at }, 1);
    });
  }

  /** Where another server gives the addresses: boot files alone, to those that boot. */
  function proxy(listener: Listener, asked: Asked): void {
    const { device } = listener;
    const { packet, peer, relay, network } = asked;
    const { client, reply, sighting } = proxyRequest(packet, {
      ...{ device, network, relay, source: ipv4ToNumber(peer.address) ?? 0 },
      redirect: deps.bootServer?.serves(device) ?? false,
      boot: (boots, subnet) => backend.boot(boots, subnet),
    });
    if (sighting !== undefined) {
      if (sighting.client === 'iPXE') hurry(listener, sighting.mac);
      backend.seen(sighting);
    }
    if (client === undefined || reply === undefined) return;
    log.debug({ device, mac: client.mac, client: client.kind }, 'proxy DHCPOFFER');
    sent(reply.type, asked);
    transmit(listener, reply, portsFor(asked), (error) =>
      warn(`send ${device}`, { device, error: messageOf(error) }, 'could not send a DHCP reply'),
    );
  }

  function guarded(device: string, peer: UdpPeer, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof DecodeError) {
        meter?.malformed();
        log.debug({ device, peer, reason: error.message }, 'not a DHCP packet');
      } else {
        warn(`failed ${device}`, { device, error: messageOf(error) }, 'could not answer a DHCP packet');
      }
    }
  }

  function respond(listener: Listener, asked: Asked, attempt: number): void {
    const { device } = listener;
    const { packet, peer, relay, network } = asked;
    const type = readNumber(packet.options, option.messageType);
    const stranger = type === messageType.discover ? strangerOf(asked) : undefined;
    if (stranger !== undefined && attempt === 1 && !admitStranger(stranger, asked)) {
      meter?.refused('TooManyStrangers');
      return;
    }
    const outcome = handle(packet, {
      device,
      network,
      relay,
      source: ipv4ToNumber(peer.address) ?? 0,
      now: clock.now(),
      leases: leases.view,
      reservation: (mac) => backend.reservation(mac, network),
      machineOptions: (mac) => backend.machineOptions?.(mac),
      boot: (client, subnet) => backend.boot(client, subnet),
      tenure: deps.tenure,
      recording: leases.problem() === undefined,
    });
    if (type === messageType.request && outcome.kind !== 'Record' && outcome.client !== undefined) {
      strangers.settle(outcome.client.id);
    }
    if (outcome.kind !== 'Reply' || outcome.hold === undefined) {
      if (stranger !== undefined) strangers.settle(stranger);
      act(listener, asked, outcome);
      return;
    }
    const guard = { ping: deps.ping, leases, clock, log };
    const isServed = (): boolean => listeners.get(device) === listener;
    guardOffer(guard, outcome.hold, relay === undefined ? device : undefined, {
      offer: () => {
        if (isServed()) act(listener, asked, outcome);
      },
      another: () => {
        if (!isServed() || attempt >= mostAttempts) return;
        guarded(device, peer, () => respond(listener, asked, attempt + 1));
      },
    });
  }

  /** Who asks, when nothing is known of it: no machine, no reservation, no lease. */
  function strangerOf({ packet, network }: Asked): string | undefined {
    const client = clientOf(packet);
    if (client === undefined || backend.known?.(macFromBytes(packet.chaddr))) return undefined;
    const met = network.subnets.some(({ name }) => leases.view.of(client, name)?.state === 'Bound');
    return met ? undefined : client;
  }

  function admitStranger(client: string, { network, relay }: Asked): boolean {
    let addresses = 0;
    for (const subnet of network.subnets) {
      for (const { start, end } of planOf(subnet).ranges) addresses += end - start + 1;
    }
    const via = relay === undefined ? '' : ipv4FromNumber(relay.address);
    return strangers.admit(client, { network: network.vlan, addresses, via });
  }

  /** RFC 8357: a relay may want its answers on the port that it sent from. */
  function portsFor({ relay, peer }: Asked): typeof ports {
    return relay?.ownPort ? { ...ports, server: peer.port } : ports;
  }

  /** A client of a relayed network renews by unicast, past its relay: its own address says where it is. */
  function networkOf(device: string, packet: Dhcp4Packet, peer: UdpPeer): DhcpNetwork | undefined {
    const here = backend.networkOf(device);
    const own = ipv4FromNumber(packet.ciaddr);
    if (packet.ciaddr === 0 || peer.address !== own) return here;
    if (here?.subnets.some((subnet) => onSubnet(planOf(subnet), packet.ciaddr))) return here;
    return backend.networkOfRelay(own, device) ?? here;
  }

  function act(listener: Listener, asked: Asked, outcome: Outcome): void {
    const { device } = listener;
    const { vlan } = asked.network;
    if (outcome.kind === 'Ignore') {
      meter?.refused(outcome.reason);
      if (outcome.withdrawn !== undefined) leases.hold(outcome.withdrawn);
      const fields = { device, vlan, mac: outcome.client?.mac, reason: outcome.reason };
      if (outcome.reason === 'NoAddress') {
        warn(`full ${vlan}`, fields, 'no free address for a DHCP client: enlarge the dynamic ranges');
      } else {
        log.debug(fields, 'DHCP packet ignored');
      }
      return;
    }
    if (outcome.commit === undefined) {
      if (outcome.kind === 'Reply') answer(listener, asked, outcome);
      return;
    }
    if (outcome.commit.state === 'Declined') {
      const address = ipv4FromNumber(outcome.commit.address);
      log.warn({ device, vlan, mac: outcome.client.mac, address }, 'the address is in use by somebody else');
    }
    if (waiting >= maximumWaiting) {
      meter?.refused('DiskTooSlow');
      warn('disk', { device, waiting }, 'the disk is too slow for the leases that are asked for');
      return;
    }
    waiting += 1;
    const decidedAt = clock.now();
    const { commit } = outcome;
    leases.commit(commit).then(
      () => {
        waiting -= 1;
        guarded(device, asked.peer, () => {
          if (!isStillOurs(asked.network, commit, clock.now() - decidedAt)) meter?.refused('SliceLost');
          else if (outcome.kind === 'Reply' && listeners.get(device) === listener)
            answer(listener, asked, outcome);
        });
      },
      (error: unknown) => {
        waiting -= 1;
        meter?.refused('LeaseNotStored');
        warn('lease', { device, error: messageOf(error) }, 'a lease was not acknowledged');
      },
    );
  }

  /** Whether a lease that took so long to be stored may still be acknowledged. @param late milliseconds */
  function isStillOurs({ subnets }: DhcpNetwork, { state, address, subnet, end }: LeaseEntry, late: number) {
    const network = subnets.find(({ name }) => name === subnet);
    if (deps.tenure === undefined || state !== 'Bound' || network === undefined) return true;
    return (deps.tenure.limit(planOf(network), address) ?? 0) >= end + late;
  }

  function sent(type: number, { at }: Asked): void {
    meter?.sent(type);
    meter?.answered(type, performance.now() - at);
  }

  function answer(listener: Listener, asked: Asked, outcome: Extract<Outcome, { kind: 'Reply' }>): void {
    const { reply, sighting, client, state } = outcome;
    const { device } = listener;
    const name = reply.type === bootpReplyType ? 'BOOTREPLY' : `DHCP${typeNames.get(reply.type)}`;
    const fields = { device, mac: client.mac, client: client.kind, address: sighting?.address, state };
    if (reply.type === messageType.offer) log.debug(fields, name);
    else logAnswer(fields, name);
    if (reply.type === messageType.offer && client.kind !== 'OS' && !canBoot(client)) {
      const { architecture } = client;
      log.warn({ device, mac: client.mac, architecture }, 'no loader for a client of this architecture');
    }
    transmit(listener, reply, portsFor(asked), (error) =>
      warn(`send ${device}`, { ...fields, error: messageOf(error) }, 'could not send a DHCP reply'),
    );
    sent(reply.type, asked);
    if (reply.unsent !== undefined) report(reply.unsent, asked, fields);
    if (sighting === undefined) return;
    if (client.kind === 'iPXE' && reply.destination.kind !== 'Relay') hurry(listener, client.mac);
    backend.seen(sighting);
  }

  function report({ problems, noRoom }: UnsentOptions, { network: { vlan } }: Asked, fields: object): void {
    meter?.unsent('Invalid', problems.length);
    meter?.unsent('NoRoom', noRoom.length);
    if (problems.length > 0)
      warn(
        `options ${vlan}`,
        { ...fields, vlan, problems },
        'DHCP options that cannot be sent as they are set',
      );
    if (noRoom.length > 0)
      warn(
        `room ${vlan}`,
        { ...fields, vlan, options: noRoom },
        'the message of a DHCP client has no room for options',
      );
  }

  /**
   * iPXE configures IPv6 beside IPv4 and waits for both: without any router on the network it stands for 16 seconds
   * after its DHCPACK. It is told that there is none.
   */
  function hurry({ device, link }: Listener, mac: string): void {
    const own = interfaces().find(({ name }) => name === device)?.mac;
    if (link === undefined || own === undefined) return;
    try {
      link.sendIpv6(mac, emptyRouterAdvertisement(own, mac));
    } catch (error) {
      log.debug({ device, mac, error: messageOf(error) }, 'no router advertisement sent');
    }
  }

  return {
    async listen(device) {
      if (listeners.has(device)) return;
      const socket = await sockets.openUdp4({ device, port: ports.server, broadcast: true, bursts: true });
      const listener: Listener = { device, socket, link: openLink(deps, device) };
      listeners.set(device, listener);
      socket.onMessage((data, peer) =>
        intake.take({ listener, data, peer }, peekMessageType(data) === messageType.discover, () =>
          backend.known?.(peekMac(data)) ? 'Known' : 'Unknown',
        ),
      );
      socket.onError((error) => warn(`socket ${device}`, { device, error: error.message }, 'socket error'));
      log.info({ device, port: ports.server }, 'serving DHCPv4');
    },
    async unlisten(device) {
      const listener = listeners.get(device);
      listeners.delete(device);
      listener?.link?.close();
      await listener?.socket.close();
    },
    async close() {
      await Promise.all([...listeners.keys()].map((device) => this.unlisten(device)));
    },
  };
}

function openLink({ sockets, log }: Dhcp4ServerDeps, device: string): LinkSender | undefined {
  try {
    return sockets.openLinkSender({ device });
  } catch (error) {
    log.warn({ device, error: messageOf(error) }, 'no packet socket: clients are answered by broadcast');
    return undefined;
  }
}

type Warn = (topic: string, fields: object, message: string) => void;

function limitedWarnings({ clock, log }: { clock: Dhcp4ServerDeps['clock']; log: Logger }): Warn {
  const last = new Map<string, number>();
  return (topic, fields, message) => {
    const now = clock.now();
    if (now - (last.get(topic) ?? Number.NEGATIVE_INFINITY) < warningEveryMs) return;
    last.set(topic, now);
    log.warn(fields, message);
  };
}
