import type { RawData, WebSocket } from 'ws';

/** Bytes that one side has not taken, before the other is made to wait. */
const highBytes = 1024 * 1024;
const pingMs = 30_000;

/** Codes that may be sent in a close frame (RFC 6455, section 7.4): others mean that there was none. */
function sendable(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/**
 * Passes messages between two WebSockets, both ways, until either ends; a slow side makes the other wait.
 * @param ended once, when it is over
 */
export function relay(viewer: WebSocket, rack: WebSocket, ended: () => void): void {
  let over = false;
  const ping = keepAlive(viewer);
  pass(viewer, rack);
  pass(rack, viewer);
  for (const [one, other] of [
    [viewer, rack],
    [rack, viewer],
  ] as const) {
    one.on('error', () => one.terminate());
    one.on('close', (code, reason) => {
      if (sendable(code)) other.close(code, reason);
      else other.close(one === rack ? 1012 : 1001, one === rack ? 'the rack has gone' : '');
      one.resume();
      other.resume();
      if (over) return;
      over = true;
      clearInterval(ping);
      ended();
    });
  }
}

function pass(from: WebSocket, to: WebSocket): void {
  from.on('message', (data: RawData, isBinary: boolean) => {
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < highBytes / 2) from.resume();
    });
    if (to.bufferedAmount > highBytes) from.pause();
  });
}

/** A viewer that has gone without a word is noticed. */
function keepAlive(viewer: WebSocket): NodeJS.Timeout {
  let answered = true;
  viewer.on('pong', () => {
    answered = true;
  });
  return setInterval(() => {
    if (!answered) {
      viewer.terminate();
      return;
    }
    // One that is made to wait does not read pongs either.
    answered = viewer.isPaused;
    viewer.ping();
  }, pingMs);
}
