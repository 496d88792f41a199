/** One slice as a rack sees it when it looks for more, or for what it can give back. */
export interface SliceSeen {
  name: string;
  /** How many dynamic addresses it has. */
  size: number;
  /**
   * `Mine`: new leases are made of it. `Blocked`: mine, but what is not recorded may still be somebody's. `Free`: nobody has it.
   * `Expired`: its holder has gone silent. `Foreign`: another rack has it.
   */
  state: 'Mine' | 'Blocked' | 'Free' | 'Expired' | 'Foreign';
  /** Of a slice of mine: how many addresses are acknowledged or offered to somebody. */
  held: number;
  /** Of an expired slice: for how long it could have been taken already, in milliseconds. */
  waitingMs: number;
}

/** What to do, by the names of slices. */
export interface ClaimPlan {
  claim: string[];
  giveBack: string[];
}

/** Free addresses that a rack wants at hand, whatever its load. */
const leastFree = 8;
/** The first in line for a dead rack's slice has this long before all others try, in milliseconds. */
const precedenceMs = 5_000;

/**
 * Which slices of one subnet to claim and which to give back. Half of a rack's even share is claimed at once, so that a rack that
 * comes later finds some; more when half of what is in use is no longer free beside it. Slices of a dead rack are
 * always taken over: its clients wait for somebody who renews them.
 *
 * @param racks names of the live racks that serve the subnet, `self` among them
 */
export function planClaims(slices: readonly SliceSeen[], self: string, racks: readonly string[]): ClaimPlan {
  const mine = slices.filter(({ state }) => state === 'Mine' || state === 'Blocked');
  const ready = mine.filter(({ state }) => state === 'Mine');
  const share = slices.length / Math.max(1, racks.length);
  const base = Math.max(1, Math.floor(share / 2));
  const inUse = mine.reduce((sum, { held }) => sum + held, 0);
  const need = Math.max(leastFree, Math.ceil(inUse / 2));
  let free = ready.reduce((sum, { size, held }) => sum + Math.max(0, size - held), 0);
  let count = ready.length;

  const claim = slices
    .filter(({ state, name, waitingMs }) => {
      if (state !== 'Expired') return false;
      return waitingMs >= precedenceMs || firstInLine(name, racks) === self;
    })
    .map(({ name }) => name);
  for (const slice of byPreference(slices, 'Free', self)) {
    if (count >= base && free >= need) break;
    claim.push(slice.name);
    free += slice.size;
    count += 1;
  }
  if (claim.length > 0) return { claim, giveBack: [] };

  const othersWait = !slices.some(({ state }) => state === 'Free') && mine.length > Math.ceil(share);
  // The one that is claimed last goes first.
  const unused = byPreference(ready, 'Mine', self).reverse();
  const spare = unused.find(({ held }) => held === 0);
  if (spare === undefined || mine.length <= base) return { claim, giveBack: [] };
  const left = free - spare.size;
  if (left >= 2 * need || (othersWait && left >= leastFree)) return { claim, giveBack: [spare.name] };
  return { claim, giveBack: [] };
}

/** Each rack has an order of its own, so that two that look at once seldom want the same slice. */
function byPreference(slices: readonly SliceSeen[], state: SliceSeen['state'], self: string): SliceSeen[] {
  return slices
    .filter((slice) => slice.state === state)
    .map((slice) => ({ slice, weight: weigh(`${self} ${slice.name}`) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ slice }) => slice);
}

function firstInLine(slice: string, racks: readonly string[]): string | undefined {
  return racks.toSorted((a, b) => weigh(`${b} ${slice}`) - weigh(`${a} ${slice}`) || (a < b ? -1 : 1))[0];
}

/** FNV-1a in 32 bits, mixed once more: only the spread matters. */
function weigh(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
