import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BootTokenState } from '../../../src/rack/boot-token/schema.ts';
import { matchesHash } from '../../../src/rack/boot-token/secrets.ts';
import { decodeLine, encodeLine, type LogRecord } from '../../../src/rack/dhcp4/leases/record.ts';
import {
  footerLine,
  headerLine,
  objectLine,
  parseSnapshot,
} from '../../../src/rack/world/snapshot-format.ts';
import { attempt, must, same, type Target, textTarget } from '../target.ts';

const records: LogRecord[] = [
  {
    kind: 'Lease',
    entry: {
      address: 0x0a000001,
      subnet: 'a',
      client: '01:52',
      mac: '52:54:00:00:00:01',
      hostname: 'h',
      state: 'Bound',
      end: 1,
    },
  },
  { kind: 'Acquired', acquisition: { slice: 's', id: 'i', first: 1, last: 9, blockedUntil: 0, keep: true } },
  { kind: 'Hold', note: { slice: 's', boot: 'b', holdUntil: 1, coverUntil: 2 } },
  { kind: 'Mark', at: 5 },
  { kind: 'Shift', from: 1, to: 2 },
  { kind: 'Dropped', slice: 's' },
];

/** As it is on disk, and with the checksum that a program with a fault would have written. */
function runLine(text: string): void {
  attempt(() => decodeLine(text));
  const body = text.slice(9);
  const record = attempt(() => decodeLine(`${crc32(body).toString(16).padStart(8, '0')} ${body}`));
  const line = record && encodeLine(record);
  if (line !== undefined) same(decodeLine(line.trimEnd()), record, 'lease record');
}

function runSnapshot(text: string): void {
  attempt(() => parseSnapshot(text));
  const body = text.endsWith('\n') ? text : `${text}\n`;
  const sha256 = createHash('sha256').update(body).digest('hex');
  const snapshot = attempt(() => parseSnapshot(`${body}${footerLine(1, sha256)}`));
  if (snapshot !== undefined) must(snapshot.unreadable.length <= body.length, 'more objects than bytes');
}

function runTokens(text: string): void {
  matchesHash(text, text.slice(0, 64));
  matchesHash(text.slice(0, 43), 'a'.repeat(64));
  try {
    BootTokenState.safeParse(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

const hash = 'ab'.repeat(32);
const place = { machine: 'm', generation: 1, mac: '52:54:00:00:00:01', address: '10.0.0.1' };
const vlan = {
  apiVersion: 'metalwright.dev/v1alpha1',
  kind: 'VLAN',
  metadata: { name: 'v', uid: 'u' },
  spec: { fabric: 'f', vid: 5, mtu: 1500 },
};
const machine = {
  ...vlan,
  kind: 'Machine',
  spec: { macAddresses: [place.mac], architecture: 'amd64' },
};
const json = ['"', ':', ',', '{', '}', '[', ']', 'null', 'true', '-1', '1e999', '""', '"__proto__"', '\n'];

export const stateTargets: readonly Target[] = [
  textTarget(
    'lease-log',
    records.map((record) => encodeLine(record)?.trimEnd() ?? ''),
    runLine,
    { words: json, longest: 1000 },
  ),
  textTarget(
    'world-snapshot',
    [`${headerLine(5)}${objectLine(vlan)}`, `${headerLine(5)}${objectLine(machine)}`],
    runSnapshot,
    { words: json },
  ),
  textTarget(
    'boot-tokens',
    [
      JSON.stringify({
        version: 1,
        tokens: [{ ...place, hash, issuedAt: 1, expiresAt: 2 }],
        sessions: [{ ...place, hash, openedAt: 1, ending: { task: 't', kind: 'Reboot' } }],
      }),
      'A'.repeat(43),
    ],
    runTokens,
    { words: json },
  ),
];
