/** True for a JSON object, so that its members can be looked at. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `JSON.parse` with an honest type. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** Freezes a JSON value to its leaves and returns it: what a cache hands out must not be changed by a reader. */
export function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** The string member `name`, or undefined when it is missing or something else. */
export function stringMember(value: unknown, name: string): string | undefined {
  if (!isRecord(value)) return undefined;
  const member = value[name];
  return typeof member === 'string' ? member : undefined;
}
