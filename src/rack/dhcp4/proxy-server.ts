import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { SocketFactory, UdpPeer, UdpSocket } from '../net/sockets.ts';
import { decodePacket } from './packet.ts';
import type { DhcpBackend, DhcpNetwork } from './ports.ts';
import { bootServerRequest } from './proxy-request.ts';
import { onSubnet, planOf } from './subnet-plan.ts';

/** What `createBootServer` is made of. */
export interface BootServerDeps {
  backend: DhcpBackend;
  sockets: SocketFactory;
  log: Logger;
  /** For tests that cannot have the real one. Default 4011. */
  port?: number;
}

/** The PXE boot server on UDP 4011, on any number of interfaces. */
export interface BootServer {
  /** Rejects with `PortInUse` or `NoSuchDevice` and leaves the others as they are. */
  listen(device: string): Promise<void>;
  unlisten(device: string): Promise<void>;
  /** Whether clients on the interface may be sent here. */
  serves(device: string): boolean;
  close(): Promise<void>;
}

/**
 * Answers PXE clients that look for their boot server: those that a proxy's offer sends here, and firmware that asks
 * whatever the offer said. By unicast to where the question came from, and only to clients of networks that are served.
 */
export function createBootServer(deps: BootServerDeps): BootServer {
  const { backend, sockets, log, port = 4011 } = deps;
  const open = new Map<string, UdpSocket>();

  function networkOf(device: string, source: number): DhcpNetwork | undefined {
    const here = backend.networkOf(device);
    if (here?.subnets.some((subnet) => onSubnet(planOf(subnet), source))) return here;
    return backend.networkOfRelay(ipv4FromNumber(source), device);
  }

  function receive(device: string, socket: UdpSocket, data: Uint8Array, peer: UdpPeer): void {
    const source = ipv4ToNumber(peer.address) ?? 0;
    const network = source === 0 ? undefined : networkOf(device, source);
    if (network === undefined) return;
    const packet = decodePacket(data);
    const { client, reply, sighting } = bootServerRequest(packet, {
      ...{ device, network, relay: undefined, source, redirect: true },
      boot: (boots, subnet) => backend.boot(boots, subnet),
    });
    // Only on the rack's own networks can it find out who has an address.
    if (sighting !== undefined && network === backend.networkOf(device)) backend.seen(sighting);
    if (reply === undefined) {
      log.debug({ device, mac: client?.mac, from: peer.address }, 'nothing to say to a PXE client');
      return;
    }
    log.info(
      { device, mac: client?.mac, client: client?.kind, address: peer.address },
      'PXE boot server reply',
    );
    socket.send(reply.bytes, peer).catch((error: unknown) => {
      log.debug({ device, to: peer.address, error: messageOf(error) }, 'could not send a PXE reply');
    });
  }

  return {
    async listen(device) {
      if (open.has(device)) return;
      const socket = await sockets.openUdp4({ device, port });
      open.set(device, socket);
      socket.onMessage((data, peer) => {
        try {
          receive(device, socket, data, peer);
        } catch (error) {
          const level = error instanceof DecodeError ? 'debug' : 'warn';
          log[level]({ device, peer, reason: messageOf(error) }, 'could not answer a PXE client');
        }
      });
      socket.onError((error) => log.debug({ device, error: error.message }, 'socket error'));
    },
    async unlisten(device) {
      const socket = open.get(device);
      open.delete(device);
      await socket?.close();
    },
    serves: (device) => open.has(device),
    async close() {
      await Promise.all([...open.keys()].map((device) => this.unlisten(device)));
    },
  };
}
