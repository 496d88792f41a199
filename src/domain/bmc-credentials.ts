/** What credentials that an agent seals belong to: they open for nothing else. */
export interface SealedFor {
  machine: string;
  machineUid: string;
  /** The boot generation. */
  generation: number;
  task: string;
  offer: string;
}

/** The same as one text, for both ends. */
export function sealingContext({ machine, machineUid, generation, task, offer }: SealedFor): string {
  return JSON.stringify(['bmc-credentials', machine, machineUid, generation, task, offer]);
}

/** One set of credentials for a BMC's user, and where that BMC is. The BMC key is a printable text. */
export interface CredentialSet {
  /** Names it: the offer, or the rotation, that it came with. */
  id: string;
  driver: 'ipmi' | 'redfish';
  address: string;
  /** SHA-256 of the certificate, lower-case hex. */
  fingerprint?: string | undefined;
  username: string;
  password: string;
  bmcKey?: string | undefined;
  /** Were in use before: whoever offers them again has kept them. */
  used?: boolean | undefined;
}

/** The credentials of one BMC: what is in use, and what may be set at the BMC instead because something broke off half way. */
export interface CredentialStore {
  current: CredentialSet | undefined;
  /** Newest first. */
  candidates: readonly CredentialSet[];
}

/** So many unfinished attempts are remembered. */
const mostCandidates = 4;

/** Whether credentials of this id are, or were, in use. */
export function wereUsed({ current, candidates }: CredentialStore, id: string): boolean {
  return current?.id === id || candidates.some((one) => one.id === id && one.used === true);
}

/** Adds credentials that are about to be set. Those that are there already change nothing. */
export function addCandidate(store: CredentialStore, added: CredentialSet): CredentialStore {
  if (knows(store, added.id)) return store;
  return { ...store, candidates: [added, ...store.candidates].slice(0, mostCandidates) };
}

/** Whether credentials of this id were ever taken and are still remembered. */
export function knows({ current, candidates }: CredentialStore, id: string): boolean {
  return current?.id === id || candidates.some((candidate) => candidate.id === id);
}

/**
 * What is set at the BMC becomes what is used. The others stay as candidates for a while, the former first, should the BMC not have
 * meant it.
 */
export function promote(store: CredentialStore, id: string): CredentialStore | undefined {
  const { current, candidates } = store;
  if (current?.id === id) return store;
  const promoted = candidates.find((candidate) => candidate.id === id);
  if (promoted === undefined) return undefined;
  const others = candidates.filter((candidate) => candidate !== promoted);
  const former = current === undefined ? [] : [{ ...current, used: true }];
  return { current: promoted, candidates: [...former, ...others].slice(0, mostCandidates) };
}
