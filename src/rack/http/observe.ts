/** One request that was answered, for metrics. */
export interface AnsweredRequest {
  /** The pattern of its route, `none` for none: a closed set. */
  route: string;
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'other';
  status: number;
  /** Of the body, as handed to the kernel. */
  bytes: number;
  /** From the end of the headers to the last byte of the answer. */
  ms: number;
  secure: boolean;
}

/** What became of a connection that brought no request. */
export type ConnectionRefusal = 'TooMany' | 'TooManyOfAddress' | 'Malformed' | 'TooSlow' | 'TlsFailed';

/** Whoever counts what the HTTP side does. Called in the hot path: it must be quick, and must not throw. */
export interface HttpObserver {
  answered?(request: AnsweredRequest): void;
  refused?(why: ConnectionRefusal): void;
}
