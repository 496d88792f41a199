/** What boards carry whose maker never set a UUID; it identifies nothing. */
const unset: ReadonlySet<string> = new Set([
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '03000200-0400-0500-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '00020003-0004-0005-0006-000700080009',
]);

/** A SMBIOS UUID (DSP0134, 7.2.1) in lower case; undefined where it is none, or one that many boards have alike. */
export function systemUuid(text: string | undefined): string | undefined {
  const uuid = text?.trim().toLowerCase();
  if (uuid === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return undefined;
  return unset.has(uuid) ? undefined : uuid;
}
