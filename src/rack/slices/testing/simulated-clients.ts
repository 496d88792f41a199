import { decode, encode, type Said } from '../../../../test/faults/dhcp/message.ts';
import { ipv4FromNumber } from '../../../domain/net/address.ts';

/** One client that keeps to RFC 2131, with the true time as its clock. */
interface Client {
  mac: string;
  state: 'Idle' | 'Selecting' | 'Requesting' | 'Bound' | 'Gone';
  xid: number;
  sentAt: number;
  address: number;
  server: number;
  leaseMs: number;
  end: number;
}

/** Some clients and what they were promised. */
export interface SimulatedClients {
  /** Two clients with one address, refusals of what a client has: in sentences. */
  readonly violations: string[];
  acks(): number;
  boot(index: number): void;
  /** `all`: rebinding, by broadcast. */
  extend(index: number, all: boolean): void;
  release(index: number): void;
  /** It is switched off: its lease runs on. */
  vanish(index: number): void;
  /** What is due by now: T1, T2, the end of the lease. */
  tick(): void;
  hear(bytes: Uint8Array): void;
}

/** @param send to one server, or to all when `server` is undefined */
export function createSimulatedClients(
  count: number,
  now: () => number,
  send: (bytes: Uint8Array, from: number, server: number | undefined) => void,
): SimulatedClients {
  const violations: string[] = [];
  const owners = new Map<number, { mac: string; end: number }>();
  let xid = 1;
  let acks = 0;
  const clients = Array.from(
    { length: count },
    (_, number): Client => ({
      mac: `02:00:00:00:00:0${number}`,
      ...{ state: 'Idle', xid: 0, sentAt: 0, address: 0, server: 0, leaseMs: 0, end: 0 },
    }),
  );

  function say(client: Client, said: Omit<Said, 'mac' | 'xid'>, server?: number): void {
    xid += 1;
    client.xid = xid;
    client.sentAt = now();
    send(encode({ ...said, mac: client.mac, xid }), said.ciaddr ?? 0, server);
  }

  function forget(client: Client): void {
    if (owners.get(client.address)?.mac === client.mac) owners.delete(client.address);
    Object.assign(client, { state: 'Idle', address: 0 });
  }

  function extend(client: Client, all: boolean): void {
    if (client.state !== 'Bound' || now() >= client.end) return;
    say(client, { type: 'Request', ciaddr: client.address }, all ? undefined : client.server);
  }

  function acknowledged(client: Client, address: number, server: number, leaseSeconds: number): void {
    acks += 1;
    const owner = owners.get(address);
    if (owner !== undefined && owner.mac !== client.mac && owner.end > now()) {
      const left = Math.round(owner.end - now());
      violations.push(
        `${ipv4FromNumber(address)} for ${client.mac}; ${owner.mac} has it for ${left} ms more`,
      );
    }
    const end = client.sentAt + leaseSeconds * 1000;
    owners.set(address, { mac: client.mac, end });
    Object.assign(client, { state: 'Bound', address, server, leaseMs: leaseSeconds * 1000, end });
  }

  const at = (index: number): Client | undefined => clients[index % count];

  return {
    violations,
    acks: () => acks,
    boot(index) {
      const client = at(index);
      if (client === undefined) return;
      // A client that went away unseen comes back: it does not use its old address any more.
      forget(client);
      client.state = 'Selecting';
      say(client, { type: 'Discover' });
    },
    extend(index, all) {
      const client = at(index);
      if (client !== undefined) extend(client, all);
    },
    release(index) {
      const client = at(index);
      if (client?.state !== 'Bound') return;
      say(client, { type: 'Release', ciaddr: client.address, server: client.server }, client.server);
      forget(client);
    },
    vanish(index) {
      const client = at(index);
      if (client?.state === 'Bound') client.state = 'Gone';
    },
    tick() {
      for (const client of clients) {
        if (client.state !== 'Bound') continue;
        const left = client.end - now();
        if (left <= 0) forget(client);
        else if (left < client.leaseMs / 8) extend(client, true);
        else if (left < client.leaseMs / 2) extend(client, false);
      }
    },
    hear(bytes) {
      const heard = decode(bytes);
      const client = clients.find(({ mac }) => mac === heard?.mac);
      if (heard === undefined || client === undefined || heard.xid !== client.xid) return;
      if (heard.type === 'Offer' && client.state === 'Selecting') {
        Object.assign(client, { state: 'Requesting', address: heard.yiaddr, server: heard.server });
        say(client, { type: 'Request', requested: heard.yiaddr, server: heard.server });
      } else if (heard.type === 'Nak') {
        if (client.state === 'Bound' && now() < client.end) {
          violations.push(`${client.mac} was refused ${ipv4FromNumber(client.address)}, which it has`);
        }
        forget(client);
      } else if (heard.type === 'Ack' && (client.state === 'Requesting' || client.state === 'Bound')) {
        acknowledged(client, heard.yiaddr, heard.server, heard.leaseSeconds);
      }
    },
  };
}
