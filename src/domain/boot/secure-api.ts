/** How the agent reaches its rack by HTTPS, and by what it knows that it is its rack. */
export interface SecureApi {
  /** TCP port, at the host that it was booted from. */
  port: number;
  /** SHA-256 of the authority's certificate in DER, 64 hex digits in lower case. */
  authority: string;
  /** The name that the rack's certificate must bear; undefined: the rack's IP address. */
  name?: string | undefined;
}

/** The digest that pins a certificate, as rack and agent both have to write it. @param fingerprint256 as Node gives it: `AB:CD:…` */
export function authorityPin({ fingerprint256 }: { fingerprint256: string }): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** What the kernel command line says of it; `parseSecureApi` reads it. */
export function secureApiWords({ port, authority, name }: SecureApi): string[] {
  return [`mw.https=${port}`, `mw.ca=${authority}`, ...(name === undefined ? [] : [`mw.name=${name}`])];
}

/**
 * Reads the words of a kernel command line.
 *
 * @param words values by name
 * @returns undefined without any of them; `unusable` where somebody wanted HTTPS and it cannot be: no agent goes on without it
 */
export function parseSecureApi(words: ReadonlyMap<string, string>): SecureApi | 'unusable' | undefined {
  const [https, authority, name] = ['mw.https', 'mw.ca', 'mw.name'].map((word) => words.get(word));
  if (https === undefined && authority === undefined) return undefined;
  const port = Number(https);
  if (!Number.isInteger(port) || port < 1 || port > 65535) return 'unusable';
  if (authority === undefined || !/^[0-9a-f]{64}$/.test(authority)) return 'unusable';
  if (name !== undefined && !isHostName(name)) return 'unusable';
  return { port, authority, ...(name === undefined ? {} : { name }) };
}

/** RFC 1123 2.1: letters, digits and dashes in labels, without a wildcard. */
export function isHostName(name: string): boolean {
  return (
    name.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(name)
  );
}
