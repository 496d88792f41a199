import { Count, Spread, Spreads, Tally, workBounds } from './meter.ts';

/** Names of DHCP message types by their number (RFC 2132, 9.6, and RFC 6926); 0 is BOOTP. */
const dhcp4Types = [
  'BOOTP',
  'DISCOVER',
  'OFFER',
  'REQUEST',
  'DECLINE',
  'ACK',
  'NAK',
  'RELEASE',
  'INFORM',
  'FORCERENEW',
  'LEASEQUERY',
] as const;
type Dhcp4TypeName = (typeof dhcp4Types)[number] | 'other';

/** What the DHCPv4 server counts. Types are numbers of option 53. */
export interface Dhcp4Meter {
  received(type: number): void;
  /** Bytes that are no DHCP message. */
  malformed(): void;
  sent(type: number): void;
  /** A message that got no answer. @param reason of a closed list */
  refused(reason: string): void;
  /** An answer went out. @param ms since the message came in */
  answered(type: number, ms: number): void;
  /** Options that were left out of an answer. @param why `Invalid`: as they are set; `NoRoom`: in the client's message */
  unsent(why: 'Invalid' | 'NoRoom', count: number): void;
}

/** The counts of one rack, by service; what serves adds to them, what makes metrics reads them. */
export class RackMeters implements Dhcp4Meter {
  readonly dhcp4Received = new Tally<Dhcp4TypeName>([...dhcp4Types, 'other']);
  readonly dhcp4Sent = new Tally<Dhcp4TypeName>(['OFFER', 'ACK', 'NAK']);
  readonly dhcp4Refused = new Tally<string>();
  readonly dhcp4Malformed = new Count();
  readonly dhcp4Unsent = new Tally<'Invalid' | 'NoRoom'>(['Invalid', 'NoRoom']);
  readonly dhcp4Answers = new Spreads<Dhcp4TypeName>(undefined, ['OFFER', 'ACK', 'NAK']);
  readonly #receivedByType = dhcp4Types.map((name) => this.dhcp4Received.of(name));
  readonly #receivedOther = this.dhcp4Received.of('other');
  readonly #sentByType = dhcp4Types.map((name) => this.dhcp4Sent.of(name));
  readonly #sentOther = this.dhcp4Sent.of('other');
  readonly #answersByType = new Map<number, Spread>();

  readonly tftpTransfers = new Tally<string>(['Done', 'Probe', 'Aborted', 'TimedOut']);
  readonly tftpRefused = new Tally<string>();
  readonly tftpBytes = new Count();
  readonly tftpTransfer = new Spread();

  /** By route, method and status. */
  readonly httpRequests = new Tally<string>();
  readonly httpBytes = new Tally<string>();
  readonly httpRequest = new Spreads<string>();
  readonly httpRefused = new Tally<string>();

  readonly imageLookups = new Tally<'hit' | 'miss'>(['hit', 'miss']);
  readonly imageBytes = new Tally<string>(['Neighbour', 'Origin']);
  readonly imageFailures = new Tally<string>();
  readonly imageEvicted = new Count();
  /** By driver, action and result. */
  readonly powerOperations = new Tally<string>();
  readonly powerOperation = new Spreads<string>(workBounds);

  readonly healthLooks = new Tally<string>(['Read', 'Failed']);
  readonly bmcLogEntries = new Tally<string>(['OK', 'Warning', 'Critical']);
  /** By machine: what its BMC said last. */
  readonly health = new Map<string, MachineReadings>();

  received(type: number): void {
    (this.#receivedByType[type] ?? this.#receivedOther).value += 1;
  }

  malformed(): void {
    this.dhcp4Malformed.value += 1;
  }

  sent(type: number): void {
    (this.#sentByType[type] ?? this.#sentOther).value += 1;
  }

  refused(reason: string): void {
    this.dhcp4Refused.add(reason);
  }

  answered(type: number, ms: number): void {
    let spread = this.#answersByType.get(type);
    if (spread === undefined) {
      spread = this.dhcp4Answers.of(dhcp4Types[type] ?? 'other');
      this.#answersByType.set(type, spread);
    }
    spread.observe(ms / 1000);
  }

  unsent(why: 'Invalid' | 'NoRoom', count: number): void {
    this.dhcp4Unsent.add(why, count);
  }

  tftpFinished(transfer: { bytes: number; ok: boolean; outcome: string; durationMs: number }): void {
    this.tftpTransfers.add(transfer.outcome);
    if (!transfer.ok) return;
    this.tftpBytes.value += transfer.bytes;
    this.tftpTransfer.observe(transfer.durationMs / 1000);
  }

  tftpRefusal({ reason }: { reason: string }): void {
    this.tftpRefused.add(reason);
  }

  httpAnswered(request: { route: string; method: string; status: number; bytes: number; ms: number }): void {
    this.httpRequests.add(joined(request.route, request.method, String(request.status)));
    this.httpBytes.add(request.route, request.bytes);
    this.httpRequest.of(request.route).observe(request.ms / 1000);
  }

  httpRefusal(reason: string): void {
    this.httpRefused.add(reason);
  }

  imageLookedUp(held: boolean): void {
    this.imageLookups.add(held ? 'hit' : 'miss');
  }

  imageFetched({ from, bytes }: { from: string; bytes: number }): void {
    this.imageBytes.add(from, bytes);
  }

  imageFailed(code: string): void {
    this.imageFailures.add(code);
  }

  imageGone(bytes: number): void {
    this.imageEvicted.value += bytes;
  }

  powerFinished(operation: { driver: string; action: string; result: string; ms: number }): void {
    this.powerOperations.add(joined(operation.driver, operation.action, operation.result));
    this.powerOperation.of(operation.driver).observe(operation.ms / 1000);
  }

  /** @param at when it was read, in milliseconds since the epoch */
  healthRead(machine: string, { overall, sensors }: Omit<MachineReadings, 'at'>, at: number): void {
    if (this.health.size < mostMachines || this.health.has(machine))
      this.health.set(machine, { overall, sensors, at });
  }

  healthLooked(result: string): void {
    this.healthLooks.add(result);
  }

  logEntry(severity: string): void {
    this.bmcLogEntries.add(severity);
  }

  keepHealth(machines: ReadonlySet<string>): void {
    for (const machine of this.health.keys()) if (!machines.has(machine)) this.health.delete(machine);
  }
}

/** What a BMC said of its machine. */
export interface MachineReadings {
  overall: string;
  sensors: readonly { name: string; kind: string; unit: string; value: number }[];
  /** When it was read, in milliseconds since the epoch. */
  at: number;
}

/** Sensors of so many machines are kept: a rack reads no more. */
const mostMachines = 4_096;

/** Several labels as one word; none of them has the character in it. */
export function joined(...words: readonly string[]): string {
  return words.join('\t');
}

/** The labels of a word that `joined` made. */
export function split(word: string, names: readonly string[]): Record<string, string> {
  const words = word.split('\t');
  return Object.fromEntries(names.map((name, index) => [name, words[index] ?? '']));
}
