import { createHash } from 'node:crypto';
import type { BmcReach } from '../../api/machine/bmc-reach.ts';
import { mostReaches } from '../../api/machine/bmc-reach.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';

/** The rack that is nearest to the machine, as far as is known: it reached its BMC last, saw it boot, or enlisted it. */
export function nearestRack({ metadata, status }: Machine): string | undefined {
  const { result } = status?.power ?? {};
  const reached = result?.outcome === 'Succeeded' ? result.rack : undefined;
  return reached ?? status?.bootProgress?.rack ?? metadata.labels?.[names.enlistedBy];
}

/** How well a rack is placed to talk to the machine's BMC: 0 is nearest, 1 reaches it, 2 is not known, 3 did not reach it. */
export function placeOf(machine: Machine, rack: string | undefined): 0 | 1 | 2 | 3 {
  const known = machine.status?.bmcReach?.find((reach) => reach.rack === rack);
  if (known?.reaches === false) return 3;
  if (rack === nearestRack(machine)) return 0;
  return known === undefined ? 2 : 1;
}

/** How long each rack has its turn at a BMC that none of them reaches, in milliseconds. */
const turnMs = 5 * 60_000;

/**
 * The rack that looks at the machine's power state: the best placed of those that live, the first by name of several. Where none
 * reaches the BMC they take turns, for it may come back on a network that one alone is on. Pure.
 *
 * @param now milliseconds since the epoch
 */
export function pollingRack(machine: Machine, liveRacks: readonly string[], now: number): string | undefined {
  const sorted = [...liveRacks].sort();
  const best = Math.min(...sorted.map((rack) => placeOf(machine, rack)));
  const equals = sorted.filter((rack) => placeOf(machine, rack) === best);
  return equals[best === 3 ? Math.floor(now / turnMs) % equals.length : 0];
}

/** What to write so that the machine knows whether this rack reaches its BMC; undefined: it knows. Pure. */
export function reachNews(
  machine: Machine,
  rack: string,
  reaches: boolean,
  isAlive: (rack: string) => boolean,
): { makesRoom: string | undefined } | undefined {
  const known: BmcReach = machine.status?.bmcReach ?? [];
  const mine = known.find((reach) => reach.rack === rack);
  if (mine?.reaches === reaches) return undefined;
  if (mine !== undefined || known.length < mostReaches) return { makesRoom: undefined };
  const gone = known.find((reach) => !isAlive(reach.rack));
  return gone === undefined ? undefined : { makesRoom: gone.rack };
}

/** Remembers that this rack reaches the machine's BMC, or does not. Never throws what the API server makes: it is a help, no more. */
export async function storeReach(
  machine: Machine,
  reaches: boolean,
  deps: {
    client: Pick<KubeClient, 'applyStatus'>;
    rackName: string;
    isAlive(rack: string): boolean;
    clock: { now(): number };
  },
): Promise<void> {
  const { client, rackName, isAlive, clock } = deps;
  const news = reachNews(machine, rackName, reaches, isAlive);
  if (news === undefined) return;
  const { name, uid } = machine.metadata;
  const write = async (rack: string, status: { bmcReach?: BmcReach }): Promise<void> =>
    void (await client.applyStatus(
      machineKind,
      { metadata: { name, uid }, status },
      { fieldManager: reachManager(rack) },
    ));
  try {
    if (news.makesRoom !== undefined) await write(news.makesRoom, {});
    const since = new Date(clock.now()).toISOString();
    await write(rackName, { bmcReach: [{ rack: rackName, reaches, since }] });
  } catch (error) {
    if (!isKubeError(error)) throw error;
  }
}

/** Of server-side apply: each rack owns its own entry. A manager's name has at most 128 characters. */
function reachManager(rack: string): string {
  const name = rack.length <= 100 ? rack : createHash('sha256').update(rack).digest('hex');
  return `metalwright-rack-reach-${name}`;
}
