/** Where a datagram came from or goes to. `address` is a dotted quad. */
export interface UdpPeer {
  readonly address: string;
  readonly port: number;
}

/** One bound IPv4 UDP socket. */
export interface UdpSocket {
  /** The port it is bound to. */
  readonly port: number;
  /** One listener only; a second call replaces the first. The bytes are the listener's to keep. */
  onMessage(listener: (data: Uint8Array, peer: UdpPeer) => void): void;
  /** Errors after the bind: the socket goes on unless it was closed. */
  onError(listener: (error: Error) => void): void;
  /** Resolves when the kernel took the datagram. */
  send(data: Uint8Array, to: UdpPeer): Promise<void>;
  /** As `send`, without a promise for each datagram. The bytes are the caller's again when it returns or has failed. */
  post(data: Uint8Array, to: UdpPeer, failed: (error: unknown) => void): void;
  close(): Promise<void>;
}

/** Sends in hand-built frames, to clients that cannot answer ARP yet. */
export interface LinkSender {
  /** One IPv6 packet as it is. Throws as `send` does. */
  sendIpv6(destinationMac: string, packet: Uint8Array): void;
  /** Throws CodedError<NetErrorCode> when the kernel refuses the frame. */
  send(datagram: {
    /** Lower-case and colon-separated; Ethernet only. */
    destinationMac: string;
    source: UdpPeer;
    destination: UdpPeer;
    data: Uint8Array;
  }): void;
  close(): void;
}

/** What `openUdp4` binds. */
export interface Udp4Options {
  /** Receive from and send to this interface only (SO_BINDTODEVICE). */
  device?: string;
  /** 0 lets the kernel choose. */
  port: number;
  /** Allow sending to 255.255.255.255. */
  broadcast?: boolean;
  /** Local address. Default: all (0.0.0.0). */
  address?: string;
  /** Datagrams come in bursts: where it can be done, those that wait are taken together. */
  bursts?: boolean;
  /** Every datagram sent is answered by one: where answers come at once, they are looked for before they are waited for. */
  lockstep?: boolean;
}

/** How the servers of the rack get their sockets. */
export interface SocketFactory {
  /** Rejects with CodedError<NetErrorCode>. */
  openUdp4(options: Udp4Options): Promise<UdpSocket>;
  /** Undefined where this factory cannot send frames: the caller broadcasts instead. */
  openLinkSender(options: { device: string }): LinkSender | undefined;
}
