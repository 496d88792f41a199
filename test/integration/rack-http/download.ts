import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A connection that asks for one file again and again. */
export interface Download {
  /** Bytes so far, heads of answers included. */
  received(): number;
  stop(): void;
}

/** @param readBytesPerSecond reads no faster; default: as fast as it goes */
export function download(options: {
  host?: string;
  port: number;
  path: string;
  from: string;
  readBytesPerSecond?: number | undefined;
}): Download {
  const { host = '127.0.0.1', port, path, from, readBytesPerSecond } = options;
  const socket = connect({ host, port, localAddress: from });
  const ask = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  let [received, left] = [0, 0];
  socket.on('error', () => undefined);
  socket.on('connect', () => socket.write(ask));
  socket.on('data', async (chunk) => {
    received += chunk.length;
    if (left <= 0) {
      const length = Number(/content-length: (\d+)\r\n/i.exec(chunk.toString('latin1', 0, 2048))?.[1]);
      left = length + chunk.indexOf('\r\n\r\n') + 4;
    }
    left -= chunk.length;
    if (left <= 0) socket.write(ask);
    if (readBytesPerSecond === undefined) return;
    socket.pause();
    await delay((chunk.length / readBytesPerSecond) * 1000);
    socket.resume();
  });
  return { received: () => received, stop: () => socket.destroy() };
}
