/** How names of members end whose values are secrets. Names of Secrets (`credentialsSecret`) and hashes are none. */
const secretEndings = [
  'password',
  'passwd',
  'token',
  'sessionkey',
  'authorization',
  'cookie',
  'privatekey',
  'bmckey',
  'userdata',
] as const;

function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, '');
  return secretEndings.some((ending) => plain.endsWith(ending));
}

/** Secrets in texts: headers, URLs and the kernel command line of a boot. */
const secretTexts: readonly [RegExp, string][] = [
  [/\b(Bearer)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  [/\b((?:mw\.)?token|password|signature)=[^\s&"']+/gi, '$1=[redacted]'],
  [/(https?:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[redacted]@'],
];

const censor = '[redacted]';
const deepest = 8;

/** What may follow the name of the scheme, in a header or in a sentence. */
const afterBasic = /\b(Basic)(\s+)([A-Za-z0-9._~+/=-]+)/gi;
const plainWord = /^(?:[A-Z]?[a-z]+(?:-[a-z]+)*|[A-Z]+)\.?$/;

/** Base64 of a user and a password has a colon in it (RFC 7617, 2); what is cut off or broken does not look like a word. */
function isCredential(word: string): boolean {
  return !plainWord.test(word) || Buffer.from(word, 'base64').includes(':');
}

/** A text without the secrets that are known by their form. */
export function redactText(text: string): string {
  const clean = text.replace(afterBasic, (all, scheme: string, space: string, word: string) =>
    isCredential(word) ? `${scheme}${space}${censor}` : all,
  );
  return secretTexts.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), clean);
}

/**
 * A copy for the log without secrets: members that are named like one are replaced at every depth, and texts are searched. Errors
 * become their name, code, message, stack and cause.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (depth >= deepest) return '[too deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((element) => redact(element, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretName(name) && member !== undefined ? censor : redact(member, depth + 1),
    ]),
  );
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message: redactText(message),
    ...('code' in error ? { code: error.code } : {}),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  };
}
