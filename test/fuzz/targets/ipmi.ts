import { decodeAuthCapabilities } from '../../../src/rack/power/ipmi/auth-capabilities.ts';
import { decodeChassisStatus, decodeManufacturer } from '../../../src/rack/power/ipmi/chassis.ts';
import {
  cipherSuites,
  decryptPayload,
  sessionKeys,
  verifyTrailer,
} from '../../../src/rack/power/ipmi/cipher.ts';
import {
  decodeLanRequest,
  decodeLanResponse,
  encodeLanRequest,
  encodeLanResponse,
} from '../../../src/rack/power/ipmi/lan-message.ts';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
} from '../../../src/rack/power/ipmi/open-session.ts';
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
} from '../../../src/rack/power/ipmi/rakp.ts';
import { decodeRmcp, encodeRmcp } from '../../../src/rack/power/ipmi/rmcp.ts';
import {
  decodeRmcpPlus,
  decodeSessionless,
  encodeRmcpPlus,
  encodeSessionless,
} from '../../../src/rack/power/ipmi/session-header.ts';
import { attempt, bytesTarget, must, same, type Target } from '../target.ts';

const block = new Uint8Array(16).fill(7);
const answer = { netFn: 0, command: 1, sequence: 5, completionCode: 0, data: Uint8Array.of(1, 0, 0) };
const header = { payloadType: 0, encrypted: true, authenticated: true, sessionId: 9, sequence: 2 };
const keys = sessionKeys(cipherSuites['17'], new Uint8Array(32).fill(3));

function runDatagram(bytes: Uint8Array): void {
  const inner = attempt(() => decodeRmcp(bytes));
  if (inner === undefined) return;
  same(decodeRmcp(encodeRmcp(inner)), inner, 'RMCP');
  const old = attempt(() => decodeSessionless(inner));
  if (old !== undefined) runMessage(old);
  const decoded = attempt(() => decodeRmcpPlus(inner));
  if (decoded === undefined) return;
  must(decoded.length <= inner.length, 'a session header longer than its packet');
  attempt(() => verifyTrailer(keys, inner, decoded.length));
  attempt(() => decryptPayload(keys, decoded.message.payload));
  runMessage(decoded.message.payload);
}

function runMessage(bytes: Uint8Array): void {
  const response = attempt(() => decodeLanResponse(bytes));
  if (response !== undefined) {
    same(decodeLanResponse(encodeLanResponse(response)), response, 'LAN response');
    attempt(() => decodeAuthCapabilities(response.data));
    attempt(() => decodeChassisStatus(response.data));
    attempt(() => decodeManufacturer(response.data));
  }
  const request = attempt(() => decodeLanRequest(bytes));
  if (request !== undefined)
    same(decodeLanRequest(encodeLanRequest(request, request.sequence)), request, 'LAN request');
}

function runHandshake(bytes: Uint8Array): void {
  attempt(() => decodeOpenSessionResponse(bytes));
  attempt(() => decodeRakp2(bytes));
  attempt(() => decodeRakp4(bytes));
  const open = attempt(() => decodeOpenSessionRequest(bytes));
  if (open !== undefined)
    same(decodeOpenSessionRequest(encodeOpenSessionRequest(open)), open, 'open session');
  const first = attempt(() => decodeRakp1(bytes));
  if (first !== undefined) same(decodeRakp1(encodeRakp1(first)), first, 'RAKP 1');
  const third = attempt(() => decodeRakp3(bytes));
  if (third !== undefined) same(decodeRakp3(encodeRakp3(third)), third, 'RAKP 3');
}

const algorithms = { authentication: 3, integrity: 4, confidentiality: 1 };
const rakp2 = { tag: 1, status: 0, consoleSessionId: 4, bmcRandom: block, guid: block, authCode: block };

export const ipmiTargets: readonly Target[] = [
  bytesTarget(
    'ipmi-datagram',
    [
      encodeRmcp(encodeSessionless(encodeLanResponse(answer))),
      encodeRmcp(
        encodeSessionless(
          encodeLanResponse({
            ...answer,
            netFn: 6,
            command: 0x38,
            data: Uint8Array.of(1, 0x80, 4, 2, 0, 0, 0, 0),
          }),
        ),
      ),
      encodeRmcp(encodeRmcpPlus({ ...header, payload: encodeLanResponse(answer) })),
      encodeRmcp(
        encodeRmcpPlus({
          ...header,
          encrypted: false,
          authenticated: false,
          payloadType: 0x11,
          payload: block,
        }),
      ),
      encodeRmcp(
        encodeSessionless(encodeLanRequest({ netFn: 6, command: 0x38, data: Uint8Array.of(0x8e, 3) }, 1)),
      ),
    ],
    runDatagram,
  ),
  bytesTarget(
    'ipmi-handshake',
    [
      encodeOpenSessionRequest({ tag: 1, consoleSessionId: 2, algorithms, privilege: 3 }),
      encodeRakp1({ tag: 1, bmcSessionId: 3, consoleRandom: block, role: 0x13, username: block }),
      encodeRakp2(rakp2),
      encodeRakp3({ tag: 1, status: 0, bmcSessionId: 3, authCode: block }),
      encodeRakp4({ tag: 1, status: 0, consoleSessionId: 4, integrityCheck: block }),
    ],
    runHandshake,
  ),
];
