/** One echo reply (RFC 792). `address` is an unsigned 32-bit number. */
export interface EchoReply {
  address: number;
  identifier: number;
  sequence: number;
}

/** Asks addresses whether they are there. */
export interface EchoSocket {
  /** Sends one echo request. Throws CodedError<NetErrorCode>. `address` is an unsigned 32-bit number. */
  ask(address: number, identifier: number, sequence: number): void;
  /** The next reply that has come, whoever it is for; undefined when there is none. Never waits. */
  next(): EchoReply | undefined;
  close(): void;
}

/** One DHCP message from a server to clients, as it was seen on the wire. */
export interface HeardReply {
  /** The sender of the frame: a server, or a relay. */
  mac: string;
  /** The sender of the packet, an unsigned 32-bit number. */
  source: number;
  data: Uint8Array;
}

/** Hears what DHCP servers on a network say to clients, without a port of its own. */
export interface DhcpTap {
  /** The next message that has come; undefined when there is none. Never waits. What this machine sends is not heard. */
  next(): HeardReply | undefined;
  close(): void;
}

/** Sockets below UDP. All of them throw CodedError<NetErrorCode> when the kernel refuses. */
export interface RawSockets {
  /** Without a device the routes decide: for addresses behind relays. */
  openEcho(options: { device?: string | undefined }): EchoSocket;
  openDhcpTap(options: { device: string }): DhcpTap;
}
