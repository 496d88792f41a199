import type { WebSocket } from 'ws';
import { type ConsoleKind, ConsoleNews, type ConsoleRequest } from '../../../api/console/messages.ts';
import { argument, type Context, flag, option, type RawTerminal, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import { restAccess } from '../../server/connect.ts';
import { type KeyAction, type KeyState, takeKeys } from './keys.ts';
import { openSocket } from './socket.ts';
import { closedError, helpWords, newsWords } from './words.ts';

/** `mw console MACHINE` */
export const run: Run = async (invocation, context) => {
  const machine = argument(invocation, 0);
  const watches = flag(invocation, 'watch');
  const lead = escapeOf(option(invocation, 'escape') ?? '~');
  const raw = context.raw;
  if (raw === undefined || (!raw.canType && !watches)) {
    throw new CliError(
      'usage',
      'standard input is no terminal, so nothing can be typed',
      '"mw console --watch" only shows what the machine says, in a pipe too',
    );
  }
  const access = await restAccess(invocation, context);
  const query = new URLSearchParams();
  if (watches) query.set('watch', 'true');
  if (flag(invocation, 'boot-log')) query.set('kind', 'BootLog');
  const words = query.size === 0 ? '' : `?${query}`;
  const path = `/api/v1/machines/${encodeURIComponent(machine)}/console${words}`;
  const socket = await openSocket(access, path, context.signal);
  return await converse(socket, raw, context, raw.canType ? lead : undefined);
};

/** @throws CliError usage */
function escapeOf(text: string): string {
  if (/^[\x21-\x7e]$/.test(text) && !/[.?BT]/.test(text)) return text;
  throw new CliError(
    'usage',
    `--escape ${text}: it has to be one character of ASCII, and none of . ? B T`,
    'for example --escape %',
  );
}

/** Until either side ends it. @param lead undefined: nobody types. @throws CliError why it closed */
function converse(
  socket: WebSocket,
  raw: RawTerminal,
  { terminal, signal }: Context,
  lead: string | undefined,
): Promise<Exit> {
  let kind: ConsoleKind | undefined;
  let seat: Extract<ConsoleNews, { type: 'Seat' }> | undefined;
  /** That keys go nowhere is told at the first of them, once a seat. */
  let toldDeaf = false;
  let keys: KeyState = 'LineStart';
  let giveBack = (): void => undefined;

  const tell = (line: string): void =>
    terminal.err(lead === undefined ? `[mw] ${line}\n` : `\r\n[mw] ${line}\r\n`);
  const ask = (request: ConsoleRequest): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(request));
  };
  const tellNews = (news: ConsoleNews): void => {
    const line = newsWords(news, { kind, lead });
    if (line !== undefined) tell(line);
  };
  function hear(news: ConsoleNews): void {
    if (news.type === 'Hello') kind = news.kind;
    if (news.type === 'Seat') {
      seat = news;
      toldDeaf = false;
    }
    tellNews(news);
  }
  function put(bytes: Uint8Array): void {
    if (seat?.mode === 'Interactive') {
      if (socket.readyState === socket.OPEN) socket.send(bytes);
      return;
    }
    if (toldDeaf) return;
    toldDeaf = true;
    if (kind === 'BootLog') tell('nothing can be typed here');
    else if (seat !== undefined) tellNews(seat);
  }

  return new Promise<Exit>((resolve, reject) => {
    const end = (how: Exit | CliError): void => {
      signal.removeEventListener('abort', interrupted);
      giveBack();
      if (how instanceof CliError) reject(how);
      else resolve(how);
      socket.close();
      // A server that says nothing any more does not keep the program.
      setTimeout(() => socket.terminate(), 2_000).unref();
    };
    const interrupted = (): void => end('interrupted');
    const act = (action: KeyAction): void => {
      if (action.type === 'Bytes') put(action.bytes);
      else if (action.type === 'Leave') end('ok');
      else if (action.type === 'Help') for (const line of helpWords(lead ?? '~')) tell(line);
      else ask({ type: action.type });
    };
    const typed = (bytes: Uint8Array): void => {
      const taken = takeKeys(keys, bytes, (lead ?? '~').charCodeAt(0));
      keys = taken.state;
      for (const action of taken.actions) act(action);
    };
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return raw.write(data);
      const news = ConsoleNews.safeParse(parsed(data.toString()));
      // What a newer server says beside is no reason to leave.
      if (news.success) hear(news.data);
    });
    socket.on('close', (code, reason) => end(closedError(code, reason.toString())));
    signal.addEventListener('abort', interrupted, { once: true });
    if (signal.aborted) return interrupted();
    if (lead !== undefined) {
      terminal.err(
        `Every key goes to the machine. Enter ${lead} . leaves, Enter ${lead} ? shows what else there is.\n`,
      );
      giveBack = raw.take({ typed, ended: () => end('ok') });
    }
    socket.resume();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
