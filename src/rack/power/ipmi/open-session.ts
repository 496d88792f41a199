import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength, uint32, viewOf } from './bytes.ts';

/** Numbers of the three algorithms of a cipher suite (IPMI 2.0, tables 13-17 to 13-19). */
export interface Algorithms {
  authentication: number;
  integrity: number;
  confidentiality: number;
}

export interface OpenSessionRequest {
  tag: number;
  /** Highest privilege that the session may have. */
  privilege: number;
  consoleSessionId: number;
  algorithms: Algorithms;
}

/** RMCP+ Open Session Request (table 13-9). It offers one cipher suite: the BMC takes it or refuses it. */
export function encodeOpenSessionRequest(request: OpenSessionRequest): Uint8Array {
  const { authentication, integrity, confidentiality } = request.algorithms;
  return concat(
    [request.tag, request.privilege, 0, 0],
    uint32(request.consoleSessionId),
    algorithmRecord(0, authentication),
    algorithmRecord(1, integrity),
    algorithmRecord(2, confidentiality),
  );
}

export interface OpenSessionResponse {
  tag: number;
  /** RMCP+ status code (table 13-15); the fields behind it have a meaning when it is 0. */
  status: number;
  consoleSessionId: number;
  bmcSessionId: number;
  algorithms: Algorithms;
}

/** RMCP+ Open Session Response (table 13-10): a refusal may be shorter. @throws DecodeError */
export function decodeOpenSessionResponse(payload: Uint8Array): OpenSessionResponse {
  const what = 'open session response';
  const tag = byteAt(payload, 0, what);
  const status = byteAt(payload, 1, what);
  if (status !== 0) {
    const consoleSessionId = payload.length >= 8 ? viewOf(payload).getUint32(4, true) : 0;
    const algorithms = { authentication: 0, integrity: 0, confidentiality: 0 };
    return { tag, status, consoleSessionId, bmcSessionId: 0, algorithms };
  }
  requireLength(payload, 36, what);
  const view = viewOf(payload);
  return {
    tag,
    status,
    consoleSessionId: view.getUint32(4, true),
    bmcSessionId: view.getUint32(8, true),
    algorithms: {
      authentication: algorithmAt(payload, 12, 0),
      integrity: algorithmAt(payload, 20, 1),
      confidentiality: algorithmAt(payload, 28, 2),
    },
  };
}

/** The other direction, for BMC simulators: @throws DecodeError */
export function decodeOpenSessionRequest(payload: Uint8Array): OpenSessionRequest {
  requireLength(payload, 32, 'open session request');
  return {
    tag: byteAt(payload, 0, 'open session request'),
    privilege: byteAt(payload, 1, 'open session request'),
    consoleSessionId: viewOf(payload).getUint32(4, true),
    algorithms: {
      authentication: algorithmAt(payload, 8, 0),
      integrity: algorithmAt(payload, 16, 1),
      confidentiality: algorithmAt(payload, 24, 2),
    },
  };
}

/** The other direction, for BMC simulators. A refusal is short. */
export function encodeOpenSessionResponse(response: OpenSessionResponse, privilege: number): Uint8Array {
  const { authentication, integrity, confidentiality } = response.algorithms;
  const head = concat([response.tag, response.status, privilege, 0], uint32(response.consoleSessionId));
  if (response.status !== 0) return head;
  return concat(
    head,
    uint32(response.bmcSessionId),
    algorithmRecord(0, authentication),
    algorithmRecord(1, integrity),
    algorithmRecord(2, confidentiality),
  );
}

const recordLength = 8;

function algorithmRecord(kind: number, algorithm: number): number[] {
  return [kind, 0, 0, recordLength, algorithm, 0, 0, 0];
}

function algorithmAt(payload: Uint8Array, offset: number, kind: number): number {
  const found = byteAt(payload, offset, 'open session response');
  if (found !== kind) throw new DecodeError(`open session response: algorithm record ${found}, not ${kind}`);
  return byteAt(payload, offset + 4, 'open session response') & 0x3f;
}
