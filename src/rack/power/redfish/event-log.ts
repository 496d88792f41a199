import type { HardwareReport, LogEntry } from '../driver.ts';
import type { HealthReader, Link } from './health.ts';
import { Entries, type Entry, LogService } from './health-resources.ts';

/** The log that a person would look at first. */
const wanted = /sel|event|iml|log/i;
const unwanted = /audit|journal|dump|lifecycle|lclog|security|host|post/i;
/** A log of a thousand entries is read whole; of a longer one what comes first. */
const mostPages = 8;
const mostEntries = 1_000;

/**
 * The entries of the BMC's event log (DSP0268, LogEntry) that are newer than the cursor. BMCs list them in either order, so
 * what is new is told by time and number, never by place.
 *
 * @param services LogServices of the system and of its manager: the first that has an event log counts
 * @throws CodedError<PowerErrorCode>
 */
export async function readEventLog(
  services: readonly Link[],
  cursor: string | undefined,
  reader: HealthReader,
): Promise<HardwareReport['log']> {
  const entries = await readEntries(await findLog(services, reader), reader);
  const keyed = entries.map((entry) => ({ entry, key: keyOf(entry) }));
  const newest = keyed.reduce<string | undefined>(
    (latest, { key }) => (latest === undefined || key > latest ? key : latest),
    undefined,
  );
  // A log that was cleared begins anew: what is in it now has not been told.
  const news = cursor === undefined ? [] : keyed.filter(({ key }) => key > cursor);
  return {
    news: news.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => logEntryOf(entry)),
    cursor: newest === undefined || (cursor !== undefined && cursor > newest) ? cursor : newest,
    critical: entries.filter((entry) => severityOf(entry) === 'Critical').length,
  };
}

async function findLog(services: readonly Link[], reader: HealthReader): Promise<Link> {
  for (const service of services) {
    const links = await reader.members(service, 16);
    const idOf = (link: string): string => link.replace(/\/$/, '').split('/').at(-1) ?? '';
    const fitting = links.filter((link) => wanted.test(idOf(link)) && !unwanted.test(idOf(link)));
    const sel = fitting.find((link) => /^sel/i.test(idOf(link))) ?? fitting[0];
    const log = await reader.read(sel, LogService);
    if (log?.Entries !== undefined) return log.Entries;
  }
  return undefined;
}

async function readEntries(first: Link, reader: HealthReader): Promise<Entry[]> {
  const entries: Entry[] = [];
  let link = first;
  for (let page = 0; page < mostPages && link !== undefined && entries.length < mostEntries; page += 1) {
    const read: {
      Members?: (Entry | undefined)[] | undefined;
      'Members@odata.nextLink'?: string | undefined;
    } = (await reader.read(link, Entries)) ?? {};
    entries.push(...(read.Members ?? []).filter((entry) => entry !== undefined));
    link = read['Members@odata.nextLink'];
  }
  return entries.slice(0, mostEntries);
}

/** Orders entries: by time, then by number. A BMC without a clock has numbers alone. */
function keyOf({ Created, Id = '' }: Entry): string {
  const time = Date.parse(Created ?? '');
  const at = Number.isNaN(time) ? '0' : String(Math.floor(time / 1000));
  const id = /^\d{1,12}$/.test(Id) ? Id.padStart(12, '0') : Id.slice(0, 64);
  return `${at.padStart(12, '0')}/${id}`;
}

function severityOf({ Severity }: Entry): LogEntry['severity'] {
  return Severity === 'Critical' || Severity === 'Warning' ? Severity : 'OK';
}

function logEntryOf(entry: Entry): LogEntry {
  const time = Date.parse(entry.Created ?? '');
  return {
    at: Number.isNaN(time) ? undefined : new Date(time).toISOString(),
    severity: severityOf(entry),
    message: (entry.Message ?? entry.MessageId ?? 'an entry without a message').slice(0, 256),
  };
}
