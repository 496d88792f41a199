import type { UserInfo } from '../../kube/endpoint/reviews.ts';

/** Which claims of a provider say who somebody is in Kubernetes. */
export interface ClaimMapping {
  usernameClaim: string;
  usernamePrefix: string;
  groupsClaim: string;
  groupsPrefix: string;
}

/** What the claims make of somebody. */
export type Mapped = { kind: 'User'; user: UserInfo } | { kind: 'Refused'; reason: string };

const mostGroups = 256;
const mostCharacters = 512;

/** The group that everybody is in whom Kubernetes knows. */
export const everybody = 'system:authenticated';

/** A name that begins so is Kubernetes' own: no provider may give it. */
const reserved = 'system:';

/** Who somebody is whom a provider vouches for. Names that headers cannot carry, or that are Kubernetes' own, are refused, not changed. */
export function userOfClaims(claims: Readonly<Record<string, unknown>>, mapping: ClaimMapping): Mapped {
  const { usernameClaim, usernamePrefix, groupsClaim, groupsPrefix } = mapping;
  const name = claims[usernameClaim];
  if (typeof name !== 'string' || name === '') return refused(`the claim ${usernameClaim} is missing`);
  if (usernameClaim === 'email' && claims.email_verified === false) {
    return refused('the provider has not verified the address of email');
  }
  const username = usernamePrefix + name;
  const given = claims[groupsClaim] ?? [];
  const names: unknown[] = Array.isArray(given) ? given : [given];
  if (names.length > mostGroups) return refused(`more than ${mostGroups} groups`);
  const groups: string[] = [];
  for (const group of names) {
    if (typeof group !== 'string') return refused(`the claim ${groupsClaim} is no list of names`);
    if (group !== '') groups.push(groupsPrefix + group);
  }
  for (const text of [username, ...groups]) {
    const reason = unusable(text);
    if (reason !== undefined) return refused(reason);
  }
  return { kind: 'User', user: { username, groups: [...new Set(groups), everybody] } };
}

/** Whether what a mapping needs is in these claims. */
export function hasClaims(claims: Readonly<Record<string, unknown>>, mapping: ClaimMapping): boolean {
  return claims[mapping.usernameClaim] !== undefined && claims[mapping.groupsClaim] !== undefined;
}

function unusable(text: string): string | undefined {
  if (text.startsWith(reserved)) return `a name may not begin with ${reserved}: set a prefix`;
  if (text.length > mostCharacters) return `a name has more than ${mostCharacters} characters`;
  const isPrintable = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
  return isPrintable ? undefined : 'a name has characters beyond ASCII, or blanks around it';
}

function refused(reason: string): Mapped {
  return { kind: 'Refused', reason };
}
