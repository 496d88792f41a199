import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { type ExpectedMachine, judgeToken, type Presenter, type TokenRefusal } from './judge-token.ts';
import type { SessionRecord, TokenRecord } from './schema.ts';
import { hashSecret, matchesHash, newSecret } from './secrets.ts';
import { createStateWriter, loadState } from './state-file.ts';

/** For whom a token is made. */
export interface TokenRequest {
  machine: string;
  machineUid: string | undefined;
  generation: number;
  /** The interface that boots, and the address that DHCP gave it. Empty: not known, for a token on virtual media alone. */
  mac: string;
  address: string;
}

/** A token that its issuer chose: it came by other means than a boot script. */
export interface ChosenToken {
  /** As random as one of `newSecret`. */
  token: string;
  lifetimeMs: number;
}

/** What became of a token that was presented. */
export type Redemption =
  | { kind: 'Opened'; sessionKey: string; session: Readonly<SessionRecord> }
  | { kind: 'Refused'; refusal: TokenRefusal; machine: string | undefined };

/** The boot tokens and sessions of one rack. Nothing that it keeps, in memory or on disk, opens anything. */
export interface BootTokens {
  /** Undefined when the generation has its session already: it was used. Rejects when it cannot be stored. */
  issue(request: TokenRequest, chosen?: ChosenToken): Promise<string | undefined>;
  /** What is known of the token, without any effect. */
  find(token: string): Readonly<TokenRecord> | undefined;
  /**
   * Uses the token up, and stores that, before the key is handed out. Who used it and never got the answer gets another
   * key, and the first is void. Rejects when it cannot be stored.
   */
  redeem(token: string, presenter: Presenter, machine: ExpectedMachine | undefined): Promise<Redemption>;
  session(sessionKey: string): Readonly<SessionRecord> | undefined;
  /** Whether a boot generation has its session. A machine that was deleted and made anew under its name is another one. */
  hasSession(boot: Pick<TokenRecord, 'machine' | 'machineUid' | 'generation'>): boolean;
  /** Notes how the machine goes on after its task. */
  end(session: Readonly<SessionRecord>, ending: NonNullable<SessionRecord['ending']>): Promise<void>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/** What `openBootTokens` is made of. */
export interface BootTokensDeps {
  /** The state file. */
  path: string;
  clock: Clock;
  log: Logger;
  /** How long a token can be used. Default 10 minutes: the slowest firmware, kernel and initrd. */
  lifetimeMs?: number;
}

/** Used and expired tokens are remembered for so long, to tell a replay from a guess; sessions from when they were used last. */
const memoryMs = 24 * 60 * 60_000;
/** How often it is noted on disk that a session is in use. */
const heardEveryMs = 60 * 60_000;
/** Boot ROM, loader and retries of one boot each ask for the script; the oldest unused token goes. */
const unusedPerBoot = 8;
const mostTokens = 50_000;

/** Opens the state that an earlier process left behind: a rack may restart while machines boot. */
export async function openBootTokens(deps: BootTokensDeps): Promise<BootTokens> {
  const { clock, lifetimeMs = 10 * 60_000 } = deps;
  const stored = await loadState(deps.path, deps.log);
  const tokens = new Map<string, TokenRecord>(stored.tokens.map((record) => [record.hash, record]));
  const sessions = new Map<string, SessionRecord>(stored.sessions.map((record) => [record.hash, record]));
  const writer = createStateWriter(deps.path, () => ({
    version: 1,
    tokens: [...tokens.values()],
    sessions: [...sessions.values()],
  }));

  const hasSession: BootTokens['hasSession'] = ({ machine, machineUid, generation }) => {
    for (const session of sessions.values()) {
      const same = session.machine === machine && session.machineUid === machineUid;
      if (same && session.generation === generation) return true;
    }
    return false;
  };

  /** Maps keep the order of insertion, so the oldest come first. */
  function prune(): void {
    const horizon = clock.now() - memoryMs;
    for (const [hash, { issuedAt }] of tokens) {
      if (issuedAt >= horizon && tokens.size <= mostTokens) break;
      tokens.delete(hash);
    }
    for (const [hash, { openedAt, heardAt = openedAt }] of sessions)
      if (heardAt < horizon) sessions.delete(hash);
  }

  function dropOldestUnused(request: TokenRequest): void {
    const unused = [...tokens.values()].filter(
      (record) =>
        record.usedAt === undefined &&
        record.machine === request.machine &&
        record.generation === request.generation,
    );
    for (const record of unused.slice(0, Math.max(0, unused.length - unusedPerBoot + 1)))
      tokens.delete(record.hash);
  }

  /** The session whose key never arrived: it was bought with this nonce, and nobody has used it. */
  function lostAnswer(record: TokenRecord, nonce: string | undefined): SessionRecord | undefined {
    if (nonce === undefined || record.nonce === undefined || !matchesHash(nonce, record.nonce))
      return undefined;
    const session = sessions.get(record.session ?? '');
    return session?.heard ? undefined : session;
  }

  return {
    hasSession,
    find: (token) => tokens.get(hashSecret(token)),
    session(sessionKey) {
      const session = sessions.get(hashSecret(sessionKey));
      const now = clock.now();
      if (session !== undefined && (!session.heard || now - (session.heardAt ?? 0) >= heardEveryMs)) {
        session.heard = true;
        session.heardAt = now;
        writer
          .save()
          .catch((error: unknown) => deps.log.warn({ error: messageOf(error) }, 'boot tokens not stored'));
      }
      return session;
    },

    async issue(request, chosen) {
      prune();
      if (hasSession(request)) return undefined;
      dropOldestUnused(request);
      const token = chosen?.token ?? newSecret();
      const hash = hashSecret(token);
      const now = clock.now();
      const expiresAt = now + (chosen?.lifetimeMs ?? lifetimeMs);
      tokens.set(hash, { hash, ...request, issuedAt: now, expiresAt });
      await writer.save().catch((error: unknown) => {
        tokens.delete(hash);
        throw error;
      });
      return token;
    },

    async redeem(token, presenter, machine) {
      const record = tokens.get(hashSecret(token));
      const lost = record && lostAnswer(record, presenter.nonce);
      const exists = record !== undefined && lost === undefined && hasSession(record);
      const judged = record && lost ? asUnused(record) : record;
      const refusal = judgeToken(judged, presenter, machine, exists, clock.now());
      if (record === undefined || refusal !== undefined)
        return { kind: 'Refused', refusal: refusal ?? 'Unknown', machine: record?.machine };
      const sessionKey = newSecret();
      const { machine: name, machineUid, generation, mac, address } = record;
      const now = clock.now();
      const from = address === '' ? (presenter.address ?? '') : address;
      const session = {
        ...{ hash: hashSecret(sessionKey), machine: name, machineUid, generation, mac, address: from },
        openedAt: now,
      };
      const before = { ...record };
      // All is set before the first wait, so that of two calls at once only one finds the token unused.
      record.usedAt = now;
      record.session = session.hash;
      if (presenter.nonce !== undefined) record.nonce = hashSecret(presenter.nonce);
      sessions.set(session.hash, session);
      if (lost !== undefined) sessions.delete(lost.hash);
      await writer.save().catch((error: unknown) => {
        tokens.set(record.hash, before);
        sessions.delete(session.hash);
        if (lost !== undefined) sessions.set(lost.hash, lost);
        throw error;
      });
      return { kind: 'Opened', sessionKey, session };
    },

    async end(session, ending) {
      const record = sessions.get(session.hash);
      if (record === undefined || record.ending?.task === ending.task) return;
      record.ending = ending;
      await writer.save();
    },

    close: () => writer.settled(),
  };
}

function asUnused({ usedAt: _, ...record }: TokenRecord): TokenRecord {
  return record;
}
