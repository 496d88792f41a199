import { CodedError } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { PowerDriver, PowerTarget } from './driver.ts';

/** Takes the secrets of one BMC out of a text. */
export type Censor = (text: string) => string;

/** Keys of a Secret that hold none: who logs in, and where. */
const open: ReadonlySet<string> = new Set([
  'username',
  'address',
  'driver',
  'id',
  'fingerprint',
  'sshKnownHosts',
  'certificate',
  'tokenName',
]);

/** Shorter ones are in every text by chance, and protect nothing. */
const shortest = 4;
const shown = '[redacted]';

/**
 * BMCs repeat in their complaints what they were sent, as it is or in the form that it had on the way: JSON, XML, a URL, a header of Basic
 * authentication, hex.
 */
export function censorFor({ username, password, secret, bmcKey }: PowerTarget): Censor {
  const key = bmcKey === undefined ? '' : Buffer.from(bmcKey).toString('latin1');
  const given = Object.entries(secret).flatMap(([name, value]) => (open.has(name) ? [] : [value]));
  const texts = [password, key, ...given, ...candidatePasswords(secret.candidates)];
  const secrets = [...new Set(texts)].filter((text) => text.length >= shortest);
  const basic = secrets.flatMap((text) => formsOf(`${username}:${text}`).slice(1, 3));
  const forms = [...new Set([...secrets.flatMap(formsOf), ...basic])];
  // The longest first, for one may hold another.
  const patterns = forms.sort((one, other) => other.length - one.length).map(escapeRegExp);
  if (patterns.length === 0) return (text) => text;
  const anything = new RegExp(patterns.join('|'), 'gi');
  return (text) => text.replace(anything, shown);
}

/** Ways to write a text; without the padding of base64, for it may go on. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    text,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(text),
    new URLSearchParams({ '': text }).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
    ...[xml, xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;')],
  ];
}

/** Passwords that may be set at the BMC instead. */
function candidatePasswords(json: string | undefined): string[] {
  return [...(json ?? '').matchAll(/"(?:password|bmcKey)":"([^"]+)"/g)].flatMap(([, text]) => text ?? []);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** The same error, if it shows no secret; else one that says as much without it. */
export function discreetError(thrown: unknown, censor: Censor): unknown {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? censor(thrown) : thrown;
  if (isClean(thrown, censor)) return thrown;
  const message = censor(thrown.message);
  if (thrown instanceof CodedError)
    return new CodedError(thrown.code, message, { retryable: thrown.retryable });
  return new Error(message);
}

function isClean(error: Error, censor: Censor, depth = 0): boolean {
  const { message, stack = '', cause } = error;
  if (censor(message) !== message || censor(stack) !== stack) return false;
  if (cause instanceof Error) return depth < 8 && isClean(cause, censor, depth + 1);
  return typeof cause !== 'string' || censor(cause) === cause;
}

/** Waits for the work; what it throws shows no secret. */
export async function discreetly<T>(work: () => Promise<T>, censor: Censor): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw discreetError(error, censor);
  }
}

/** A driver whose errors and reports show no secret of its target, whatever the BMC says. */
export function discreetDriver(driver: PowerDriver, censor: Censor): PowerDriver {
  const { softOff, ejectMedia, health } = driver;
  return {
    bootDevices: driver.bootDevices,
    status: (signal) => discreetly(() => driver.status(signal), censor),
    on: (signal) => discreetly(() => driver.on(signal), censor),
    off: (signal) => discreetly(() => driver.off(signal), censor),
    ...(softOff === undefined
      ? {}
      : { softOff: (signal) => discreetly(() => softOff.call(driver, signal), censor) }),
    setBootDevice: (device, signal, source) =>
      discreetly(() => driver.setBootDevice(device, signal, source), censor),
    ...(ejectMedia === undefined
      ? {}
      : { ejectMedia: (signal) => discreetly(() => ejectMedia.call(driver, signal), censor) }),
    ...(health === undefined
      ? {}
      : {
          health: (look, signal) =>
            discreetly(async () => {
              const report = await health.call(driver, look, signal);
              return censorTexts(report, censor);
            }, censor),
        }),
    close: () => driver.close(),
  };
}

/** The same value with every text in it censored. */
export function censorTexts<T>(value: T, censor: Censor): T;
export function censorTexts(value: unknown, censor: Censor): unknown {
  if (typeof value === 'string') return censor(value);
  if (Array.isArray(value)) return value.map((element: unknown) => censorTexts(element, censor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [censor(name), censorTexts<unknown>(member, censor)]),
  );
}

/** A log that shows no secret of a BMC. */
export function discreetLogger(log: Logger, censor: Censor): Logger {
  const line = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) =>
    log[level](censorFields(fields, censor), censor(message));
  return {
    ...{ debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    child: (fields) => discreetLogger(log.child(censorFields(fields, censor)), censor),
  };
}

function censorFields(fields: object, censor: Censor): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? discreetError(value, censor) : censorTexts<unknown>(value, censor),
    ]),
  );
}
