/** Browsers keep 4,096 bytes of a cookie, name and attributes included (RFC 6265, section 6.1). */
const pieceLength = 3_800;

/** More pieces than these are no cookie of ours: 15,200 characters. */
const mostPieces = 4;

/** A value that is too long for one cookie goes over several: `name`, `name.1`, `name.2`. */
export interface CookieJar {
  /** The value, as the request has it. */
  read(header: string | undefined): string | undefined;
  /** `Set-Cookie` headers, those that take pieces of a longer value before away among them; undefined: too long. */
  write(value: string, header: string | undefined): string[] | undefined;
  /** `Set-Cookie` headers that take it away. */
  clear(header: string | undefined): string[];
}

/**
 * @param secure whether browsers reach us by TLS: such a cookie is sent by TLS alone and to this host alone (`__Host-`, RFC 6265bis
 * section 4.1.3)
 */
export function createCookieJar(name: string, secure: boolean): CookieJar {
  const fullName = secure ? `__Host-${name}` : name;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const nameOf = (at: number): string => (at === 0 ? fullName : `${fullName}.${at}`);
  const gone = (at: number): string => `${nameOf(at)}=; ${attributes}; Max-Age=0`;

  /** How many of ours the request has. */
  function held(header: string | undefined): number[] {
    const given = parseCookies(header);
    return Array.from({ length: mostPieces }, (_, at) => at).filter((at) => given.has(nameOf(at)));
  }

  return {
    read(header) {
      const given = parseCookies(header);
      const pieces: string[] = [];
      for (let at = 0; at < mostPieces; at += 1) {
        const piece = given.get(nameOf(at));
        if (piece === undefined) break;
        pieces.push(piece);
      }
      return pieces.length === 0 ? undefined : pieces.join('');
    },
    write(value, header) {
      const count = Math.max(1, Math.ceil(value.length / pieceLength));
      if (count > mostPieces) return undefined;
      const written = Array.from({ length: count }, (_, at) => {
        const piece = value.slice(at * pieceLength, (at + 1) * pieceLength);
        return `${nameOf(at)}=${piece}; ${attributes}`;
      });
      return [
        ...written,
        ...held(header)
          .filter((at) => at >= count)
          .map(gone),
      ];
    },
    clear: (header) => [...new Set([0, ...held(header)])].map(gone),
  };
}

/** The cookies of a request; of two with one name the first, which is the one with the more precise path (RFC 6265, section 5.4). */
export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 1) continue;
    const name = pair.slice(0, at).trim();
    if (!cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}
