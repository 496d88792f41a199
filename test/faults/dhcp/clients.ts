import { ipv4FromNumber } from '../../../src/domain/net/address.ts';
import type { UdpSocket } from '../../../src/rack/net/sockets.ts';
import { decode, encode, type Heard, type Said } from './message.ts';

/** One acknowledgement as a client understood it. */
export interface Acknowledged {
  address: number;
  mac: string;
  /** Milliseconds since the epoch: the client uses the address until then. */
  end: number;
}

/** What the clients found out. */
export interface Tally {
  acks: number;
  renewals: number;
  naks: number;
  /** Leases that ended because nobody renewed them. */
  ended: number;
  /** Boots of known machines, and the longest of them in milliseconds. */
  boots: number;
  longestBootMs: number;
  /** Everything that must not happen, in sentences. */
  violations: string[];
}

/** Many clients on one socket. */
export interface Clients {
  readonly tally: Tally;
  /** Acknowledgements of a server since the last call. */
  take(server: number): Acknowledged[];
  /** When a server was last heard, by `performance.now()`. */
  heardAt(server: number): number;
  /** Whether the client still has the address, by its own clock. */
  uses(address: number, mac: string): boolean;
  /** Clients that have an address now. */
  bound(): number;
  stop(): void;
}

/** What `createClients` is made of. */
export interface ClientsOptions {
  socket: UdpSocket;
  /** Clients that nobody knows. */
  strangers: number;
  /** MAC addresses of machines with a reservation, and what is reserved for each. */
  machines: ReadonlyMap<string, number>;
  random: () => number;
}

interface Client {
  mac: string;
  /** Of a machine. */
  reserved: number | undefined;
  state: 'Idle' | 'Selecting' | 'Requesting' | 'Bound' | 'Extending';
  xid: number;
  address: number;
  server: number;
  /** Milliseconds of the monotonic clock from here on. */
  sentAt: number;
  tries: number;
  /** When to do the next thing. */
  due: number;
  end: number;
  bootSince: number;
}

const broadcast = { address: '255.255.255.255', port: 67 };
/** UEFI firmware gives up after four attempts, 4, 8, 16 and 32 seconds apart. */
const patienceMs = 60_000;
const stepMs = 20;

/** Clients that follow RFC 2131 and count their leases from when they asked, as its section 4.4.1 says. */
export function createClients({ socket, strangers, machines, random }: ClientsOptions): Clients {
  const tally: Tally = {
    ...{ acks: 0, renewals: 0, naks: 0, ended: 0, boots: 0, longestBootMs: 0 },
    violations: [],
  };
  const now = (): number => performance.now();
  const byMac = new Map<string, Client>();
  const owners = new Map<number, { mac: string; end: number }>();
  const taken = new Map<number, Acknowledged[]>();
  const lastHeard = new Map<number, number>();
  const start = now();

  const add = (mac: string, reserved: number | undefined): void => {
    byMac.set(mac, {
      ...{ mac, reserved, state: 'Idle', xid: 0, address: 0, server: 0, sentAt: 0, tries: 0, end: 0 },
      due: start + random() * 5000,
      bootSince: 0,
    });
  };
  for (let number = 0; number < strangers; number += 1) {
    const hex = number.toString(16).padStart(4, '0');
    add(`02:77:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`, undefined);
  }
  for (const [mac, reserved] of machines) add(mac, reserved);

  function send(client: Client, said: Omit<Said, 'mac' | 'xid'>, to = broadcast): void {
    client.xid = Math.floor(random() * 0xffffffff);
    client.sentAt = now();
    socket.send(encode({ ...said, mac: client.mac, xid: client.xid }), to).catch(() => {});
  }

  function discover(client: Client): void {
    client.state = 'Selecting';
    send(client, { type: 'Discover' });
    client.due = now() + Math.min(32_000, 4000 * 2 ** client.tries) * (0.9 + 0.2 * random());
    client.tries += 1;
  }

  function request(client: Client): void {
    client.state = 'Requesting';
    send(client, { type: 'Request', requested: client.address, server: client.server });
    client.due = now() + 2000;
    client.tries += 1;
  }

  /** By unicast to the server it knows, and when that has failed to all. */
  function extend(client: Client): void {
    client.state = 'Extending';
    const to = client.tries < 2 ? { address: ipv4FromNumber(client.server), port: 67 } : broadcast;
    send(client, { type: 'Request', ciaddr: client.address }, to);
    client.due = now() + 3000;
    client.tries += 1;
  }

  function giveUp(client: Client, waitMs: number): void {
    if (owners.get(client.address)?.mac === client.mac) owners.delete(client.address);
    Object.assign(client, { state: 'Idle', address: 0, tries: 0, bootSince: 0, due: now() + waitMs });
  }

  function act(client: Client): void {
    if (client.bootSince > 0 && client.reserved !== undefined && now() - client.bootSince > patienceMs) {
      tally.violations.push(`machine ${client.mac} was not answered within ${patienceMs} ms`);
      giveUp(client, 1000);
      return;
    }
    const extending = client.state === 'Bound' || client.state === 'Extending';
    if (extending && now() >= client.end) {
      tally.ended += 1;
      giveUp(client, 0);
      return;
    }
    if (client.state === 'Bound' && (client.reserved !== undefined || random() < 0.02)) {
      // Some are switched off, some give their address back first.
      if (client.reserved === undefined && random() < 0.5) {
        send(
          client,
          { type: 'Release', ciaddr: client.address, server: client.server },
          {
            address: ipv4FromNumber(client.server),
            port: 67,
          },
        );
      }
      giveUp(client, random() * 5000);
      return;
    }
    if (extending) extend(client);
    else if (client.state === 'Requesting' && client.tries < 4) request(client);
    else {
      if (client.state !== 'Selecting') client.tries = 0;
      if (client.bootSince === 0) client.bootSince = now();
      discover(client);
    }
  }

  function hear(client: Client, heard: Heard): void {
    if (heard.type === 'Offer' && client.state === 'Selecting') {
      Object.assign(client, { address: heard.yiaddr, server: heard.server, tries: 0 });
      request(client);
    } else if (heard.type === 'Nak') nak(client);
    else if (heard.type === 'Ack' && (client.state === 'Requesting' || client.state === 'Extending')) {
      acknowledge(client, heard);
    }
  }

  function nak(client: Client): void {
    tally.naks += 1;
    if (client.state === 'Extending' && now() < client.end) {
      tally.violations.push(`${client.mac} was refused ${ipv4FromNumber(client.address)}, which it has`);
    }
    giveUp(client, 100);
  }

  function acknowledge(client: Client, heard: Heard): void {
    const at = now();
    const address = ipv4FromNumber(heard.yiaddr);
    tally.acks += 1;
    if (client.state === 'Extending') tally.renewals += 1;
    const owner = owners.get(heard.yiaddr);
    if (owner !== undefined && owner.mac !== client.mac && owner.end > at) {
      tally.violations.push(`${address} was given to ${client.mac} while ${owner.mac} has it`);
    }
    if (client.reserved !== undefined && heard.yiaddr !== client.reserved) {
      tally.violations.push(`machine ${client.mac} was given ${address}, which is not reserved for it`);
    }
    const end = client.sentAt + heard.leaseSeconds * 1000;
    owners.set(heard.yiaddr, { mac: client.mac, end });
    if (client.reserved === undefined) {
      const list = taken.get(heard.server) ?? [];
      list.push({ address: heard.yiaddr, mac: client.mac, end: Date.now() + end - at });
      taken.set(heard.server, list);
    } else if (client.bootSince > 0) {
      tally.boots += 1;
      tally.longestBootMs = Math.max(tally.longestBootMs, at - client.bootSince);
    }
    Object.assign(client, { state: 'Bound', address: heard.yiaddr, server: heard.server, end });
    Object.assign(client, { tries: 0, bootSince: 0 });
    // Earlier than half of the lease: more acknowledgements in less time.
    const share = client.reserved === undefined ? 0.1 + 0.12 * random() : 0.05;
    client.due = at + heard.leaseSeconds * 1000 * share;
  }

  socket.onMessage((data) => {
    const heard = decode(data);
    if (heard !== undefined) lastHeard.set(heard.server, now());
    const client = heard && byMac.get(heard.mac);
    if (heard !== undefined && client !== undefined && client.xid === heard.xid) hear(client, heard);
  });
  const timer = setInterval(() => {
    const at = now();
    for (const client of byMac.values()) if (at >= client.due) act(client);
  }, stepMs);

  return {
    tally,
    take(server) {
      const list = taken.get(server) ?? [];
      taken.delete(server);
      return list;
    },
    heardAt: (server) => lastHeard.get(server) ?? Number.NEGATIVE_INFINITY,
    uses(address, mac) {
      const owner = owners.get(address);
      return owner?.mac === mac && owner.end > now();
    },
    bound: () => [...byMac.values()].filter(({ state }) => state === 'Bound' || state === 'Extending').length,
    stop: () => clearInterval(timer),
  };
}
