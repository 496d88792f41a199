import { createHash } from 'node:crypto';
import { bootImageKind } from '../../api/boot-image/schema.ts';
import { ipAddressKind } from '../../api/ip-address/schema.ts';
import type { KindDefinition } from '../../api/kind.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { subnetKind } from '../../api/subnet/schema.ts';
import { vlanKind } from '../../api/vlan/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { isRecord, parseJson } from '../../kube/json.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { emptyWorld, type WorldObjects } from './world-objects.ts';

/** Of the file as a whole: another number is another layout. */
export const snapshotVersion = 1;
const formatName = 'metalwright-world';

/** What was read from a snapshot. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  savedAt: number;
  objects: WorldObjects;
  /** Objects that this version does not understand, as `Kind/name`. They are left out. */
  unreadable: string[];
}

/** Kept of an object's metadata. No resource version: whatever the API server says replaces what was kept. */
const keptMetadata = [
  'name',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'labels',
] as const;

/** The first line. */
export function headerLine(savedAt: number): string {
  return `${JSON.stringify({ format: formatName, version: snapshotVersion, savedAt })}\n`;
}

/**
 * One object as a line. What opens something, or is of no use without the API server, is left out: how BMCs are reached, what URLs
 * carry of credentials, annotations.
 */
export function objectLine({ apiVersion, kind, metadata, ...parts }: KubeObject): string {
  const kept = Object.fromEntries(keptMetadata.map((name) => [name, metadata[name]]));
  return `${JSON.stringify({ apiVersion, kind, metadata: kept, ...parts }, leaveSecretsOut)}\n`;
}

/** The last line. @param sha256 hex, of all lines before it */
export function footerLine(objects: number, sha256: string): string {
  return `${JSON.stringify({ objects, sha256 })}\n`;
}

function leaveSecretsOut(key: string, value: unknown): unknown {
  if (key === 'bmc') return undefined;
  if (key === 'url' && typeof value === 'string' && URL.canParse(value)) {
    const url = new URL(value);
    if (url.username === '' && url.password === '' && url.search === '') return value;
    return `${url.origin}${url.pathname}`;
  }
  return value;
}

/** Reads a whole snapshot. Throws DecodeError for one that is damaged, cut off, or of another version. */
export function parseSnapshot(text: string): Snapshot {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const [body, footer] = [text.slice(0, end), text.slice(end)];
  if (!text.endsWith('\n') || !footer.startsWith('{"objects":')) throw new DecodeError('the end is missing');
  const lines = body.split('\n').slice(0, -1);
  if (footer !== footerLine(lines.length - 1, createHash('sha256').update(body).digest('hex')))
    throw new DecodeError('the checksum does not match');
  const header = decodeLine(lines[0] ?? '', 'the first line');
  if (!isRecord(header) || header.format !== formatName) throw new DecodeError('not a snapshot');
  if (header.version !== snapshotVersion || typeof header.savedAt !== 'number')
    throw new DecodeError(`version ${String(header.version)}, and this program reads ${snapshotVersion}`);
  const objects = emptyWorld();
  const unreadable: string[] = [];
  for (const [index, line] of lines.slice(1).entries()) {
    const raw = decodeLine(line, `line ${index + 2}`);
    if (!take(raw, objects)) unreadable.push(labelOf(raw));
  }
  return { savedAt: header.savedAt, objects, unreadable };
}

function decodeLine(line: string, where: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    throw new DecodeError(`${where} is no JSON: ${messageOf(error)}`);
  }
}

function labelOf(raw: unknown): string {
  const metadata = isRecord(raw) && isRecord(raw.metadata) ? raw.metadata : {};
  return `${isRecord(raw) ? String(raw.kind) : 'object'}/${String(metadata.name)}`;
}

/** Adds an object to its kind. False when it is none that this version knows. */
function take(raw: unknown, into: WorldObjects): boolean {
  return (
    add(raw, machineKind, into.machines) ||
    add(raw, ipAddressKind, into.addresses) ||
    add(raw, subnetKind, into.subnets) ||
    add(raw, vlanKind, into.vlans) ||
    add(raw, bootImageKind, into.images) ||
    add(raw, rackKind, into.racks)
  );
}

/** The spec goes through its schema: a field that a newer version added gets its default. */
function add<T extends KubeObject>(raw: unknown, kind: KindDefinition<T>, list: T[]): boolean {
  if (!isRecord(raw) || raw.kind !== kind.kind || !isRecord(raw.metadata)) return false;
  if (typeof raw.metadata.name !== 'string') return false;
  const spec = kind.properties.spec?.safeParse(raw.spec);
  if (spec?.success !== true) return false;
  try {
    list.push(kind.parse({ ...raw, spec: spec.data }));
    return true;
  } catch {
    return false;
  }
}
