import { createHash } from 'node:crypto';

/** What a server asks for before it answers (RFC 7616, section 3.3). */
export interface DigestChallenge {
  realm: string;
  nonce: string;
  opaque?: string;
  algorithm: DigestAlgorithm;
  /** `-sess`: the password is hashed once for all requests with one nonce. */
  session: boolean;
  /** False: a server from before RFC 2617, which knows no counter. */
  qop: boolean;
  /** The password was right, but its nonce is used up. */
  stale: boolean;
  /** The server wants to see no user name in the clear. */
  userhash: boolean;
}

/** What is proven by one header. */
export interface DigestProof {
  method: string;
  /** The request's target, path and query. */
  uri: string;
  username: string;
  password: string;
  /** Ours, random. */
  cnonce: string;
  /** How often this nonce was used, from 1. */
  count: number;
}

export type DigestAlgorithm = keyof typeof hashes;

/** From the strongest. Names of OpenSSL. */
const hashes = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;
const strongestFirst = Object.keys(hashes);

/**
 * The strongest challenge that can be answered among those of `WWW-Authenticate`, of which there may be several in one
 * text. Undefined when there is none: other schemes, only `auth-int`, or an unknown hash.
 */
export function chooseChallenge(header: string | undefined): DigestChallenge | undefined {
  const found = challengesOf(header ?? '').flatMap(({ scheme, parameters }) => {
    const challenge = scheme === 'digest' ? digestChallenge(parameters) : undefined;
    return challenge === undefined ? [] : [challenge];
  });
  const rank = ({ algorithm }: DigestChallenge): number => strongestFirst.indexOf(algorithm);
  return found.sort((one, other) => rank(one) - rank(other))[0];
}

/** The `Authorization` header that answers a challenge (RFC 7616, section 3.4). */
export function digestAuthorization(challenge: DigestChallenge, proof: DigestProof): string {
  const { realm, nonce, opaque, algorithm, session, qop, userhash } = challenge;
  const { method, uri, username, password, cnonce } = proof;
  const hash = (...parts: string[]): string =>
    createHash(hashes[algorithm]).update(parts.join(':'), 'utf8').digest('hex');

  const secret = hash(username, realm, password);
  const a1 = session ? hash(secret, nonce, cnonce) : secret;
  const a2 = hash(method, uri);
  const count = proof.count.toString(16).padStart(8, '0');
  const response = qop ? hash(a1, nonce, count, cnonce, 'auth', a2) : hash(a1, nonce, a2);
  const parts = [
    `username=${quoted(userhash ? hash(username, realm) : username)}`,
    `realm=${quoted(realm)}`,
    `uri=${quoted(uri)}`,
    `algorithm=${algorithm}${session ? '-sess' : ''}`,
    `nonce=${quoted(nonce)}`,
    ...(qop ? [`nc=${count}`, 'qop=auth'] : []),
    ...(qop || session ? [`cnonce=${quoted(cnonce)}`] : []),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(userhash ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

interface Challenge {
  /** Lower case. */
  scheme: string;
  parameters: Map<string, string>;
}

/** RFC 9110, section 11.6.1: schemes with their parameters, both separated by commas. */
function challengesOf(header: string): Challenge[] {
  const found: Challenge[] = [];
  const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  const part = new RegExp(`(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))|(${token})`, 'g');
  for (const [, name, quotedText, text, scheme] of header.matchAll(part)) {
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    const value = quotedText?.replaceAll(/\\(.)/g, '$1') ?? text;
    if (name !== undefined && value !== undefined) found.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return found;
}

function digestChallenge(parameters: Map<string, string>): DigestChallenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const named = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
  const session = named.endsWith('-SESS');
  const algorithm = session ? named.slice(0, -'-SESS'.length) : named;
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  if (realm === undefined || nonce === undefined || !isAlgorithm(algorithm)) return undefined;
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  const opaque = parameters.get('opaque');
  return {
    ...{ realm, nonce, algorithm, session },
    ...(opaque === undefined ? {} : { opaque }),
    qop: qops !== undefined,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}

function isAlgorithm(name: string): name is DigestAlgorithm {
  return Object.hasOwn(hashes, name);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
