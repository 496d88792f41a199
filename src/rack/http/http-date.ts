const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun, 06 Nov 1994 08:49:37 GMT`, as everybody sends it today. */
const imfFixdate = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT`, as RFC 850 had it. */
const rfc850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
/** `Sun Nov  6 08:49:37 1994`, as C's asctime has it. */
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/** An HTTP date (RFC 9110, 5.6.7) in milliseconds since the epoch; undefined for anything else. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const usual = imfFixdate.exec(text);
  if (usual !== null) {
    const [, day, month, year, hour, minute, second] = usual;
    return toTime(year, month, day, hour, minute, second);
  }
  const old = rfc850.exec(text);
  if (old !== null) {
    const [, day, month, year, hour, minute, second] = old;
    // What would lie in the future belongs to the last century; nobody sends this form since.
    return toTime(`${Number(year) < 70 ? 20 : 19}${year}`, month, day, hour, minute, second);
  }
  const [, month, day, hour, minute, second, year] = asctime.exec(text) ?? [];
  return toTime(year, month, day, hour, minute, second);
}

/** The date as RFC 9110 wants it sent. */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

function toTime(
  year: string | undefined,
  month: string | undefined,
  ...rest: (string | undefined)[]
): number | undefined {
  const index = months.indexOf(month ?? '');
  const [day, hour, minute, second] = rest.map(Number);
  if (index < 0 || day === undefined || hour === undefined || minute === undefined || second === undefined)
    return undefined;
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(Number(year), index, day, hour, minute, second);
}
