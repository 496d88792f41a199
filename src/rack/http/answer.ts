import type { IncomingHttpHeaders } from 'node:http';
import type { OpenImage } from '../images/ports.ts';
import type { ProblemCode } from './problems.ts';

/** A request as the routes see it. */
export interface Request {
  /** `HEAD` is handled as `GET`, and the body is left out when it is answered. */
  method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** What the pattern of the route left open, in its order. */
  parameters: readonly string[];
  headers: IncomingHttpHeaders;
  /** What stands behind the question mark, as it came; empty for none. */
  query: string;
  /** Of the caller; IPv4 as a dotted quad. */
  address: string;
  /** Base URL that this caller reaches the rack by, without a slash at the end. */
  base: string;
  /** The whole body, or undefined when it has more bytes. Can be read once. */
  body(maxBytes: number): Promise<Uint8Array | undefined>;
}

/** What a route answers with. Every answer has a length; nothing is ever chunked or compressed. */
export type Answer =
  | { kind: 'Text'; status: number; text: string }
  | { kind: 'Json'; status: number; value: unknown }
  | { kind: 'Empty'; status: 204 }
  | {
      kind: 'Bytes';
      bytes: Uint8Array;
      contentType: string;
      etag: string;
      /** Milliseconds since the epoch. */
      modifiedAt?: number | undefined;
    }
  /** The server closes the file. `secret`: nobody on the way may keep it. */
  | { kind: 'File'; image: OpenImage; etag: string; secret?: boolean }
  | { kind: 'Problem'; code: ProblemCode; detail?: string | undefined; retryAfterSeconds?: number };

/** One address pattern. Segments that start with a colon are open. */
export interface Route {
  /** `/boot/:script`: also what the log shows, so that no token is ever in it. */
  pattern: string;
  methods: readonly ('GET' | 'POST' | 'PUT')[];
  /** How refusals look: text for firmware, problem+json for programs. */
  errors: 'Text' | 'Problem';
  handle(request: Request): Promise<Answer> | Answer;
}

export function problem(
  code: ProblemCode,
  detail?: string,
  retryAfterSeconds?: number,
): Extract<Answer, { kind: 'Problem' }> {
  return {
    kind: 'Problem',
    code,
    detail,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
