import { createHash } from 'node:crypto';

/** The longest name of a machine that is made of a node's: a label of DNS, as host names are. */
const longest = 63;

/**
 * The name of a Machine for a node: RFC 1123, the same each time. What the node's name loses on the way, and what is too long,
 * ends in six digits of its SHA-256.
 *
 * @param exact false: with the digits in any case, where the plain name belongs to another
 */
export function machineName(prefix: string, node: string, exact: boolean): string {
  const plain = `${prefix}${node}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .replace(/-+$/, '');
  const hasOwn = /[a-z0-9]/i.test(node);
  if (exact && hasOwn && plain.length <= longest) return plain;
  const digits = createHash('sha256').update(node).digest('hex').slice(0, 6);
  const room = plain.slice(0, longest - digits.length - 1).replace(/-+$/, '');
  return room === '' ? `node-${digits}` : `${room}-${digits}`;
}

/** Whether a text is what a pattern with `*` (any text) and `?` (one letter) says. Takes time in proportion to both. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [wanted, given] = [[...pattern], [...text]];
  let [p, t] = [0, 0];
  let star: { p: number; t: number } | undefined;
  while (t < given.length) {
    if (wanted[p] === '*') {
      star = { p, t };
      p += 1;
    } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === given[t])) {
      p += 1;
      t += 1;
    } else if (star !== undefined) {
      // The last star takes one letter more.
      star.t += 1;
      p = star.p + 1;
      t = star.t;
    } else return false;
  }
  while (wanted[p] === '*') p += 1;
  return p === wanted.length;
}
