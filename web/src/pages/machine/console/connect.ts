import type { ConsoleNews, ConsoleRequest } from '../../../../../src/api/console/messages.ts';
import { apiPath, send } from '../../../api/client.ts';
import { ProblemError } from '../../../api/problem.ts';
import type { ConsoleEvent } from './state.ts';

/** What a console is told of. */
export interface ConsolePort {
  onEvent(event: ConsoleEvent): void;
  /** What the machine said. */
  onBytes(bytes: Uint8Array): void;
}

/** A console that is open, or about to be. */
export interface ConsoleConnection {
  /** What was typed, for the machine. */
  type(text: string): void;
  /** As type, of bytes: each character is one. */
  typeBytes(binary: string): void;
  ask(request: ConsoleRequest): void;
  close(): void;
}

/** @param bootLog the account of the boot rather than the serial line */
export function connectConsole(machine: string, bootLog: boolean, port: ConsolePort): ConsoleConnection {
  const path = `/machines/${encodeURIComponent(machine)}/console`;
  const url = new URL(apiPath(path, { kind: bootLog ? 'BootLog' : undefined }), location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  let isOver = false;
  let isOpen = false;
  port.onEvent({ type: 'connecting' });
  socket.onopen = () => {
    isOpen = true;
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (isOver) return;
    if (typeof data !== 'string') return port.onBytes(new Uint8Array(data));
    const news: ConsoleNews = JSON.parse(data);
    port.onEvent({ type: 'news', news });
  };
  socket.onclose = async ({ code, reason }) => {
    const why = isOpen || isOver ? reason : await refusalOf(path);
    if (!isOver) port.onEvent({ type: 'closed', code, reason: why });
  };
  const put = (data: string | Uint8Array<ArrayBuffer>): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  return {
    type: (text) => put(encoder.encode(text)),
    typeBytes: (binary) => put(Uint8Array.from(binary, (character) => character.charCodeAt(0))),
    ask: (request) => put(JSON.stringify(request)),
    close() {
      isOver = true;
      socket.close();
    },
  };
}

/** A browser does not say why a WebSocket was refused; asked for as a page, the server does, but for what racks said. */
async function refusalOf(path: string): Promise<string> {
  const none =
    'No rack could open it. Racks offer consoles where they reach the BMC and have an admin endpoint; the log of the server says more.';
  try {
    await send(path);
    return none;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code === 'BadRequest') return none;
    return error.problem.detail;
  }
}
