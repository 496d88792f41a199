/**
 * The part of a file that a `Range` header names (RFC 9110, section 14.2), with the last byte included; undefined: all of it is to be
 * sent, as for what is no single range of this file.
 */
export function byteRange(
  header: string | undefined,
  sizeBytes: number,
): { from: number; to: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '') return undefined;
  const from = Number(first);
  const to = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return from < sizeBytes && from <= to ? { from, to } : undefined;
}
