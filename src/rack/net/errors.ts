/** Codes of failures at the network's edge: each is a sentence's worth of cause. */
export type NetErrorCode =
  /** Another program holds the port. */
  | 'PortInUse'
  /** No interface has that name. */
  | 'NoSuchDevice'
  /** The process lacks CAP_NET_RAW or CAP_NET_BIND_SERVICE. */
  | 'NotPermitted'
  /** This build of the socket factory cannot do what was asked. */
  | 'Unsupported'
  /** Any other refusal of the kernel. */
  | 'SocketFailed';
