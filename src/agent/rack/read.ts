import { readBmcOrder } from '../bmc/messages.ts';
import type { ImageFormat, RootDiskHints, Seed, Session, Task } from '../contract.ts';
import type { HttpAnswer } from './http.ts';

/**
 * Reading of what the rack answers. The rack checks what it sends; here only the shape is checked, by hand, so that the
 * agent stays small and starts fast. Undefined: the answer is something else.
 */
export function readMachine(answer: HttpAnswer): { machine: string } | undefined {
  const machine = text(fields(answer.body).machine);
  return answer.status < 300 && machine !== undefined ? { machine } : undefined;
}

export function readSession(answer: HttpAnswer): Session | undefined {
  const body = fields(answer.body);
  const [sessionKey, machine] = [text(body.sessionKey), text(body.machine)];
  if (answer.status >= 300 || sessionKey === undefined || machine === undefined) return undefined;
  const pollSeconds = Math.min(Math.max(number(body.pollSeconds) ?? 2, 0.2), 60);
  return { sessionKey, machine, generation: number(body.generation) ?? 0, pollSeconds };
}

export function readTask(answer: HttpAnswer): Task | undefined {
  const body = fields(answer.body);
  const id = text(body.id);
  if (answer.status >= 300 || id === undefined) return undefined;
  switch (body.kind) {
    case 'Inventory':
      return { id, kind: 'Inventory', ...optionalKeys(body), ...readBmcOrder(body.bmc) };
    case 'Test':
      return { id, kind: 'Test', tests: texts(body.tests), ...optionalKeys(body) };
    case 'Rescue':
      return { id, kind: 'Rescue', sshKeys: texts(body.sshKeys) };
    case 'Reboot':
    case 'PowerOff':
      return { id, kind: body.kind };
    case 'Erase':
      return body.mode === 'Quick' || body.mode === 'Full'
        ? { id, kind: 'Erase', mode: body.mode }
        : undefined;
    case 'Install':
      return readInstall(id, body);
    default:
      return undefined;
  }
}

function readInstall(id: string, body: Fields): Task | undefined {
  const image = fields(body.image);
  const path = text(image.path);
  const sha256 = text(image.sha256)?.toLowerCase();
  const sizeBytes = number(image.sizeBytes);
  const format = imageFormat(image.format);
  const rawSizeBytes = number(image.rawSizeBytes);
  if (path === undefined || !path.startsWith('/') || format === undefined) return undefined;
  if (sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256) || sizeBytes === undefined) return undefined;
  return {
    id,
    kind: 'Install',
    image: { path, sha256, sizeBytes, format, ...(rawSizeBytes === undefined ? {} : { rawSizeBytes }) },
    rootDisk: readHints(fields(body.rootDisk)),
    seed: readSeed(fields(body.seed)),
    osName: text(body.osName) ?? 'the image',
  };
}

function optionalKeys(body: Fields): { sshKeys?: string[] } {
  const sshKeys = texts(body.sshKeys);
  return sshKeys.length === 0 ? {} : { sshKeys };
}

function readHints(hints: Fields): RootDiskHints {
  return {
    deviceName: text(hints.deviceName),
    serial: text(hints.serial),
    wwn: text(hints.wwn),
    model: text(hints.model),
    vendor: text(hints.vendor),
    minSizeBytes: number(hints.minSizeBytes),
    rotational: typeof hints.rotational === 'boolean' ? hints.rotational : undefined,
    pciAddress: text(hints.pciAddress),
  };
}

function readSeed(seed: Fields): Seed {
  return {
    metaData: text(seed.metaData) ?? '',
    userData: text(seed.userData) ?? '',
    vendorData: text(seed.vendorData) ?? '',
    networkConfig: text(seed.networkConfig),
  };
}

/** What the rack says went wrong, from its problem+json (RFC 9457), in one line. */
export function describeProblem(answer: HttpAnswer): string {
  const body = fields(answer.body);
  const words = text(body.detail) ?? text(body.title) ?? 'no reason given';
  return `the rack answered HTTP ${answer.status}: ${words}`;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((item) => text(item) ?? []) : [];
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function imageFormat(value: unknown): ImageFormat | undefined {
  return value === 'Raw' || value === 'RawZstd' || value === 'RawGzip' ? value : undefined;
}
