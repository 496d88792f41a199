const lower = 'abcdefghijkmnopqrstuvwxyz';
const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const digits = '23456789';
const alphabet = lower + upper + digits;

/**
 * A password of `length` letters and digits, with one of each kind, for BMCs ask for that. 57 characters: 20 of them are
 * 116 bits, 16 are 93. No other characters: BMCs mishandle them.
 *
 * @param randomBytes of a source that is fit for secrets
 */
export function makePassword(length: number, randomBytes: (size: number) => Uint8Array): string {
  for (;;) {
    const text = pick(length, randomBytes);
    if ([lower, upper, digits].every((kind) => [...text].some((letter) => kind.includes(letter))))
      return text;
  }
}

/** Each character equally likely: bytes beyond the largest multiple of the alphabet are thrown away. */
function pick(length: number, randomBytes: (size: number) => Uint8Array): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
