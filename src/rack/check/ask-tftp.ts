import { DecodeError } from '../../errors/decode-error.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { SocketFactory, UdpPeer } from '../net/sockets.ts';
import { decodeTftpAnswer, encodeAck, encodeReadRequest, type TftpAnswer } from './tftp-answer.ts';

/** Which file to read, and where. */
export interface TftpQuestion {
  /** The interface that has the address: of this computer. */
  device: string;
  /** Dotted quad, of the server and of this computer. */
  address: string;
  file: string;
}

const serverPort = 69;
const blockSize = 1024;
const againAfterMs = 1_000;
/** Of one packet, before the server is given up. */
const attempts = 5;

/**
 * Reads a file by TFTP, and keeps nothing of it. The kernel hands what is sent on an interface to the interface's own address to
 * sockets that are bound to it, so a server of this computer hears it as from its network. Resolves to why it cannot be had,
 * `undefined` when it came whole; rejects with CodedError<NetErrorCode> when there is no socket to ask by.
 */
export async function askTftp(
  { device, address, file }: TftpQuestion,
  sockets: Pick<SocketFactory, 'openUdp4'>,
  timers: Timers = systemTimers,
): Promise<string | undefined> {
  const socket = await sockets.openUdp4({ device, address, port: 0 });
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const read = createRead();
  let server: UdpPeer = { address, port: serverPort };
  let cancel = (): void => undefined;

  function send(packet: Uint8Array, left = attempts): void {
    cancel();
    if (left === 0) {
      resolve(read.begun() ? 'it stopped to answer' : 'no answer came');
      return;
    }
    socket.post(packet, server, reject);
    cancel = timers.after(againAfterMs, () => send(packet, left - 1));
  }

  socket.onError(reject);
  socket.onMessage((data, peer) => {
    const isOurs = peer.address === address && (!read.begun() || peer.port === server.port);
    const answer = isOurs ? answerOf(data) : undefined;
    if (answer === undefined) return;
    const step = read.take(answer);
    if (step === undefined) return;
    // From its first answer on the server speaks by another port.
    server = peer;
    if (step.ack !== undefined) send(encodeAck(step.ack & 0xffff));
    if (step.ended !== undefined) resolve(step.ended.problem);
  });
  send(encodeReadRequest(file, blockSize));
  try {
    return await promise;
  } finally {
    cancel();
    await socket.close();
  }
}

/** What an answer asks for. */
interface Step {
  /** A block to acknowledge. */
  ack?: number;
  ended?: { problem: string | undefined };
}

/** Counts the blocks of one file. */
function createRead() {
  let expected = 0;
  let received = 0;
  let size: number | undefined;
  /** Of a server that knows no options (RFC 1350). */
  let full = 512;

  function takeOptions(options: ReadonlyMap<string, string>): Step {
    expected = 1;
    full = Number(options.get('blksize') ?? full);
    size = options.has('tsize') ? Number(options.get('tsize')) : undefined;
    return { ack: 0 };
  }

  function takeBlock(block: number, bytes: number): Step {
    expected = block + 1;
    received += bytes;
    if (bytes >= full) return { ack: block };
    const isWhole = received > 0 && (size === undefined || size === received);
    const problem = isWhole ? undefined : `${received} bytes came of ${size ?? 'a file'}`;
    return { ack: block, ended: { problem } };
  }

  return {
    /** Whether the server has answered. */
    begun: () => expected > 0,
    /** What to do now; undefined: nothing, for it was heard before. */
    take(answer: TftpAnswer): Step | undefined {
      switch (answer.op) {
        case 'Error':
          return { ended: { problem: `it answers: ${answer.message || `error ${answer.code}`}` } };
        case 'OptionAck':
          return expected === 0 ? takeOptions(answer.options) : undefined;
        case 'Data':
          return answer.block === (Math.max(expected, 1) & 0xffff)
            ? takeBlock(Math.max(expected, 1), answer.size)
            : undefined;
      }
    },
  };
}

function answerOf(data: Uint8Array): TftpAnswer | undefined {
  try {
    return decodeTftpAnswer(data);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
