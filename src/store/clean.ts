/** The longest text that a column is given, in characters: outputs are cut at their end. */
const longest = 1_048_576;

/** A JSON value as PostgreSQL can keep it: no NUL, no half of a surrogate pair, no text without end. */
export function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleanText(name), clean(member)]));
}

function cleanText(text: string): string {
  const cut = text.length > longest ? text.slice(0, longest) : text;
  return (cut.includes('\0') ? cut.replaceAll('\0', '\u{fffd}') : cut).toWellFormed();
}
