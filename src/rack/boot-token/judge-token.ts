import type { TokenRecord } from './schema.ts';

/** Who presents a token. MAC addresses are lower-case with colons. */
export interface Presenter {
  macAddresses: readonly string[];
  systemUuid: string | undefined;
  /** Whether the rack's DHCP gave the caller's address to the machine that the token was made for. */
  addressConfirmed: boolean;
  /** Where the call comes from: the session is bound to it where the token names no address. */
  address?: string | undefined;
  /** What only the agent that used the token knows: it may ask again for an answer that was lost. */
  nonce?: string | undefined;
}

/** What is known of the machine that a token was made for, now. */
export interface ExpectedMachine {
  uid: string | undefined;
  macAddresses: readonly string[];
  systemUuid: string | undefined;
  /** The boot generation that is expected to boot the ephemeral OS, or undefined when none is. */
  generation: number | undefined;
}

/** Why a token opens nothing, in the order in which it is looked at. */
export type TokenRefusal =
  | 'Unknown'
  | 'Used'
  | 'MachineGone'
  | 'WrongMachine'
  | 'WrongAddress'
  | 'GenerationOver'
  | 'Expired'
  | 'SessionExists';

/**
 * Whether a token opens a session. A used one is refused before anything else is looked at, so that a thief learns nothing
 * of the machine; a wrong presenter does not use it up, or anybody could spoil a boot.
 *
 * @param sessionExists whether this boot generation has its session already
 * @param now milliseconds since the epoch
 * @returns undefined when it does
 */
export function judgeToken(
  record: TokenRecord | undefined,
  presenter: Presenter,
  machine: ExpectedMachine | undefined,
  sessionExists: boolean,
  now: number,
): TokenRefusal | undefined {
  if (record === undefined) return 'Unknown';
  if (record.usedAt !== undefined) return 'Used';
  if (machine === undefined || machine.uid !== record.machineUid) return 'MachineGone';
  if (!isSameMachine(record, presenter, machine)) return 'WrongMachine';
  if (!presenter.addressConfirmed) return 'WrongAddress';
  if (machine.generation !== record.generation) return 'GenerationOver';
  if (now >= record.expiresAt) return 'Expired';
  return sessionExists ? 'SessionExists' : undefined;
}

/** The interface that booted must be there and still be the machine's; the UUID counts once it is known on both sides. */
function isSameMachine(record: TokenRecord, presenter: Presenter, machine: ExpectedMachine): boolean {
  if (!presenter.macAddresses.includes(record.mac) || !machine.macAddresses.includes(record.mac))
    return false;
  const [told, known] = [presenter.systemUuid?.toLowerCase(), machine.systemUuid?.toLowerCase()];
  return told === undefined || known === undefined || told === known;
}
