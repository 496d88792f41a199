/** Versions by component, as a BMC gives them. */
export type Firmware = Readonly<Record<string, string>>;

/** A component whose version is not that of most machines that have it. */
export interface Drift {
  component: string;
  version: string;
  /** Of most machines. */
  common: string;
  /** How many of how many machines have the common version, this one included in the latter. */
  have: number;
  of: number;
}

/**
 * What of a machine's firmware differs from the majority of its like. A version is common when more than half of the machines
 * that report the component have it: where two versions are equally many, nobody has drifted.
 *
 * @param own of the machine itself
 * @param peers of the others; without any there is no drift
 * @returns sorted by component
 */
export function driftOf(own: Firmware, peers: readonly Firmware[]): Drift[] {
  const drifts: Drift[] = [];
  for (const [component, version] of Object.entries(own)) {
    const versions = peers.map((peer) => peer[component]).filter((each) => each !== undefined);
    if (versions.length === 0) continue;
    const of = versions.length + 1;
    const counts = new Map<string, number>();
    for (const each of [version, ...versions]) counts.set(each, (counts.get(each) ?? 0) + 1);
    const [common, have] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
    if (have * 2 > of && common !== version) drifts.push({ component, version, common, have, of });
  }
  return drifts.sort((a, b) => (a.component < b.component ? -1 : 1));
}

/** Drifts as a sentence for a person, the first few named. */
export function describeDrift(drifts: readonly Drift[], most = 6): string {
  const named = drifts
    .slice(0, most)
    .map(
      ({ component, version, common, have, of }) =>
        `${component} is ${version} (${have} of ${of} have ${common})`,
    );
  const more = drifts.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
