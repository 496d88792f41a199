import { z } from 'zod';
import type { CredentialStore } from '../../domain/bmc-credentials.ts';
import { BmcCredentials } from './setup.ts';

const Stored = z.object({ id: z.string(), ...BmcCredentials.shape });
const Candidates = z.array(Stored.extend({ used: z.boolean().optional() }));

/**
 * The credentials that Metalwright made for a BMC, from the texts of their Secret: what is used, under the names that every driver takes
 * it by, and in `candidates`, as JSON, what else may be set at the BMC.
 */
export function credentialStoreOf(texts: Readonly<Record<string, string>>): CredentialStore {
  return { current: Stored.safeParse(texts).data, candidates: candidatesOf(texts.candidates) };
}

/** The other direction. */
export function textsOfStore({ current, candidates }: CredentialStore): Record<string, string> {
  const texts = {
    ...current,
    ...(candidates.length === 0 ? {} : { candidates: JSON.stringify(candidates) }),
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function candidatesOf(json: string | undefined): CredentialStore['candidates'] {
  try {
    return Candidates.safeParse(JSON.parse(json ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}
