import type { OpenImage } from '../images/ports.ts';
import type { BorrowedSocket } from '../net/native-file-sender.ts';
import type { ByteRange } from './range.ts';
import { type Outlet, patienceMs, waitWritten } from './send-file.ts';

/** Node writes so much itself, to learn when the kernel has room again. */
const pieceBytes = 16 * 1024;
/** Nothing of it is in this process's memory, and each turn costs a way to another thread and back. */
const turnChunks = 4;

/**
 * Sends a part of a file that is there as a whole by sendfile(2). When the kernel takes no more, Node writes a small piece:
 * it waits for room as Node waits for everything, and the rest follows.
 *
 * @returns as `sendFile`
 */
export async function sendBulk(
  { file }: OpenImage,
  range: ByteRange,
  outlet: Outlet,
  socket: BorrowedSocket,
): Promise<number> {
  const { response, share } = outlet;
  const total = range.end - range.start + 1;
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, total));
  let sent = 0;

  /** The client has until `deadline` to take it. */
  async function writePiece(end: number, deadline: number): Promise<boolean> {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - sent), range.start + sent);
    if (bytesRead === 0) return false;
    const left = deadline - performance.now();
    if (left <= 0 || !(await waitWritten(response, piece.subarray(0, bytesRead), left))) return false;
    sent += bytesRead;
    return true;
  }

  while (sent < total) {
    const turn = Math.min(turnChunks * outlet.chunkBytes, total - sent);
    if (!(await share.turn(turn))) return sent;
    const end = sent + turn;
    const deadline = performance.now() + patienceMs(turn, outlet.limits);
    // The head of the answer is with Node until Node has written something.
    let ok = sent > 0 || (await writePiece(end, deadline));
    while (ok && sent < end && !response.destroyed) {
      const taken = await socket.sendFile(file.fd, range.start + sent, end - sent);
      sent += taken;
      if (sent < end) ok = await writePiece(end, deadline);
    }
    share.done();
    if (sent < end) return sent;
  }
  return total;
}
