import type { ConsoleKind, ConsoleNews, LineState } from '../../../../../src/api/console/messages.ts';
import type { Tone } from '../../../components/badge.tsx';

/** What is known of a console that is open, or was. */
export interface ConsoleState {
  connection: 'connecting' | 'open' | 'closed';
  /** Said once it is open. */
  kind?: ConsoleKind;
  rack?: string;
  /** Whether what is typed goes to the machine. */
  types: boolean;
  /** Who types instead. */
  holder?: string;
  line?: LineState;
  /** What the line or the end of the connection said. */
  message?: string;
}

export type ConsoleEvent =
  | { type: 'news'; news: ConsoleNews }
  | { type: 'connecting' }
  /** @param code of RFC 6455, or one of docs/reference/admin-endpoint.md */
  | { type: 'closed'; code: number; reason: string };

export const unconnected: ConsoleState = { connection: 'connecting', types: false };

/** What a console is after something happened to it. */
export function afterEvent(state: ConsoleState, event: ConsoleEvent): ConsoleState {
  if (event.type === 'connecting') return unconnected;
  if (event.type === 'closed') {
    const { kind, rack } = state;
    return {
      connection: 'closed',
      types: false,
      ...(kind === undefined ? {} : { kind }),
      ...(rack === undefined ? {} : { rack }),
      message: closedBecause(event.code, event.reason),
    };
  }
  const { news } = event;
  if (news.type === 'Hello') {
    return { connection: 'open', types: false, kind: news.kind, rack: news.rack };
  }
  if (news.type === 'Seat') {
    const { holder: _before, ...rest } = state;
    return {
      ...rest,
      types: news.mode === 'Interactive',
      ...(news.holder === undefined ? {} : { holder: news.holder.user }),
    };
  }
  const { message: _before, ...rest } = state;
  return { ...rest, line: news.state, ...(news.message === undefined ? {} : { message: news.message }) };
}

/** Why a console is closed, in a sentence. */
export function closedBecause(code: number, reason: string): string {
  const known: Readonly<Record<number, string>> = {
    1001: 'The rack or the server has ended. Connect again.',
    1008: 'You may no longer use this console.',
    1012: 'The rack has gone. Connect again in a moment.',
    4404: 'There is no such console any more.',
    4408: 'This browser did not keep up. Connect again.',
    4429: 'As many people look on as there may be. Try again later.',
  };
  return known[code] ?? (reason === '' ? 'The connection was lost.' : reason);
}

const lineWords: Readonly<Record<LineState, { words: string; tone: Tone }>> = {
  Opening: { words: 'Opening the line', tone: 'busy' },
  Open: { words: 'Line open', tone: 'ok' },
  Lost: { words: 'Line lost, tried again', tone: 'warn' },
  InUse: { words: 'Another session has the line', tone: 'warn' },
  Failed: { words: 'Line failed', tone: 'bad' },
};

/** How a console is, as a word with its colour. */
export function consoleWords({ connection, line, kind }: ConsoleState): { words: string; tone: Tone } {
  if (connection === 'connecting') return { words: 'Connecting', tone: 'busy' };
  if (connection === 'closed') return { words: 'Closed', tone: 'bad' };
  if (line === undefined) return { words: kind === 'BootLog' ? 'Boot log' : 'Connected', tone: 'ok' };
  return lineWords[line];
}
