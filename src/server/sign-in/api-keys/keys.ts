import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import { serverError } from '../../errors.ts';
import { callerOf } from '../identify.ts';
import { hashOfKey, isKeyOf, isOwner, keyIdOf, newKey } from './key.ts';
import type { KeyStore, StoredKey } from './store.ts';

/** Keys for scripts, which act as whoever made them. */
export interface ApiKeys {
  /** Undefined: the token is no API key. Errors: Unauthenticated, Unavailable, Misconfigured. */
  ownerOf(token: string): Promise<Caller> | undefined;
  /** The key itself is in this answer, and nowhere else again. Errors: TooManyKeys. */
  create(owner: Caller, wanted: { name: string; days: number }): Promise<{ key: string; stored: StoredKey }>;
  list(owner: Caller): Promise<StoredKey[]>;
  /** Errors: NotFound, also for a key of somebody else. */
  revoke(owner: Caller, id: string): Promise<void>;
}

const mostOfOne = 20;

/** A Secret holds 1 MiB. */
const mostOfAll = 1_000;
const dayMs = 86_400_000;

/** @param now milliseconds since 1970 */
export function createApiKeys(store: KeyStore, now: () => number): ApiKeys {
  const isAlive = ({ expiresAt }: StoredKey): boolean => now() < Date.parse(expiresAt);

  async function ownerOf(id: string, token: string): Promise<Caller> {
    // A key that another replica has just made is not known here yet.
    const stored = (await store.all()).get(id) ?? (await store.fresh()).get(id);
    if (stored === undefined || !isKeyOf(stored, token) || !isAlive(stored)) {
      throw serverError('Unauthenticated', 'this API key was revoked, has expired, or never was one');
    }
    store.used(stored);
    return callerOf(stored.owner);
  }

  async function ownedBy({ user }: Caller): Promise<StoredKey[]> {
    const keys = [...(await store.fresh()).values()];
    return keys.filter((key) => isOwner(key.owner, user) && isAlive(key));
  }

  return {
    ownerOf(token) {
      const id = keyIdOf(token);
      return id === undefined ? undefined : ownerOf(id, token);
    },
    async create(owner, { name, days }) {
      const own = await ownedBy(owner);
      const all = [...(await store.fresh()).values()].filter(isAlive);
      if (own.length >= mostOfOne) throw serverError('TooManyKeys', `you have ${own.length}: revoke one`);
      if (all.length >= mostOfAll) throw serverError('TooManyKeys', `there are ${all.length} of all people`);
      const { username, uid, groups = [] } = owner.user;
      const { id, key } = newKey();
      const record = {
        name,
        hash: hashOfKey(key),
        owner: { username, ...(uid === undefined || uid === '' ? {} : { uid }), groups: [...groups] },
        createdAt: new Date(now()).toISOString(),
        expiresAt: new Date(now() + days * dayMs).toISOString(),
      };
      await store.add(id, record);
      return { key, stored: { ...record, id, lastUsedAt: undefined } };
    },
    list: ownedBy,
    async revoke(owner, id) {
      const own = await ownedBy(owner);
      if (!own.some((key) => key.id === id)) throw serverError('NotFound', 'you have no such key');
      await store.remove(id);
    },
  };
}
