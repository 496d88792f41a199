import { type ConsoleKind, type ConsoleNews, consoleCloseCodes } from '../../../api/console/messages.ts';
import { CliError } from '../../errors.ts';
import { printable } from '../../output/style.ts';

const kindWords: Readonly<Record<ConsoleKind, string>> = {
  Sol: 'Serial over LAN',
  Libvirt: 'the console of its hypervisor',
  BootLog: 'the account of its boot, which can only be read',
};

/** What is known of a console when something is said of it. */
export interface Surroundings {
  kind: ConsoleKind | undefined;
  /** The character that escapes begin with; undefined: nobody can type. */
  lead: string | undefined;
}

/** A sentence for what a console says of itself; undefined: nothing that matters. */
export function newsWords(news: ConsoleNews, { kind, lead }: Surroundings): string | undefined {
  const can = (key: string, what: string): string =>
    lead === undefined || kind === 'BootLog' ? '' : `: Enter ${lead} ${key} ${what}`;
  if (news.type === 'Hello') {
    return `${printable(news.machine)} by ${printable(news.rack)}: ${kindWords[news.kind]}`;
  }
  if (news.type === 'Seat') {
    if (kind === 'BootLog') return undefined;
    if (news.mode === 'Interactive') return lead === undefined ? undefined : 'you type';
    if (news.holder === undefined) return `you look on, and nobody types${can('T', 'lets you type')}`;
    const { user, since } = news.holder;
    return `you look on; ${printable(user)} types, since ${printable(since)}${can('T', 'takes over')}`;
  }
  const why = news.message === undefined ? '' : ` (${printable(news.message)})`;
  const lines: Readonly<Record<typeof news.state, string>> = {
    Opening: 'the line is being opened',
    Open: 'the line is open',
    Lost: `the line is lost, and tried again${why}`,
    InUse: `another session has the line at the BMC${why}${can('T', 'takes it')}`,
    Failed: `the line failed${why}${can('T', 'tries again')}`,
  };
  return lines[news.state];
}

/** What `Enter ~ ?` shows. */
export function helpWords(lead: string): string[] {
  return [
    `Enter ${lead} .  leaves`,
    `Enter ${lead} B  sends a BREAK`,
    `Enter ${lead} T  types here from now on: takes over from who does, and the line from another session`,
    `Enter ${lead} ${lead}  types ${lead}`,
    `Enter ${lead} ?  shows this`,
  ];
}

/** A console that closed, as a failure of the command. @param code of RFC 6455, or one of docs/reference/admin-endpoint.md */
export function closedError(code: number, reason: string): CliError {
  const again = 'connect again: what was said meanwhile is shown first, as far as the rack has kept it';
  switch (code) {
    case 1001:
      return new CliError('failed', 'the rack or the server has ended', again);
    case 1008:
      return new CliError('refused', 'you may no longer use this console', 'ask for a role that allows it');
    case 1012:
      return new CliError('failed', 'the rack has gone', again);
    case consoleCloseCodes.gone:
      return new CliError('notFound', 'there is no such console any more');
    case consoleCloseCodes.tooSlow:
      return new CliError('failed', 'this terminal did not keep up', again);
    case consoleCloseCodes.full:
      return new CliError('failed', 'as many people look on as there may be', 'try again later');
    default:
      return new CliError('failed', reason === '' ? 'the connection was lost' : printable(reason), again);
  }
}
