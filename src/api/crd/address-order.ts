/**
 * CEL has addresses but no order of them. These functions write expressions that give one: an address becomes two integers
 * that sort as it does, an IPv4 address `[value, 0]`, an IPv6 address `[high, low]` of its 64-bit halves, each less 2^63
 * so that it fits a signed integer. They work on canonical text (RFC 5952) and are built from operations whose cost the
 * API server can estimate: the literal lists are loops of a known length.
 */

/** An expression for the sort key of the address in the string expression `text`; `[0, 0]` when it is no address. */
export function addressKey(text: string): string {
  return `(isIP(${text}) ? (${text}.contains(':') ? ${ipv6Key(text)} : ${ipv4Key(text)}) : [0, 0])`;
}

/** An expression: the key `a` is not above the key `b`. */
export function notAbove(a: string, b: string): string {
  return `(${a}[0] < ${b}[0] || (${a}[0] == ${b}[0] && ${a}[1] <= ${b}[1]))`;
}

function ipv4Key(text: string): string {
  const value = 'int(o[0]) * 16777216 + int(o[1]) * 65536 + int(o[2]) * 256 + int(o[3])';
  return `[${text}.split('.')].map(o, [${value}, 0])[0]`;
}

function ipv6Key(text: string): string {
  const gap = `${text}.indexOf('::')`;
  const halves =
    `(${text}.contains('::')` +
    ` ? [[${text}.substring(0, ${gap}).split(':'), ${text}.substring(${gap} + 2).split(':')]]` +
    ` : [[${text}.split(':'), ['']]])`;
  const eightGroups =
    '[0, 1, 2, 3, 4, 5, 6, 7].map(k, k < p[0].size() ? p[0][k]' +
    " : k > 7 - p[1].size() ? p[1][k + p[1].size() - 8] : '')";
  const digits =
    "[0, 1, 2, 3].map(i, i < g.size() ? '0123456789abcdef'.indexOf(g.charAt(g.size() - 1 - i)) : 0)";
  const groupValue = 'd[0] + 16 * d[1] + 256 * d[2] + 4096 * d[3]';
  const half = (first: number): string =>
    `(v[${first}] - 32768) * 281474976710656 + v[${first + 1}] * 4294967296 + v[${first + 2}] * 65536 + v[${first + 3}]`;
  return `${halves}.map(p, ${eightGroups}.map(g, ${digits}).map(d, ${groupValue})).map(v, [${half(0)}, ${half(4)}])[0]`;
}
