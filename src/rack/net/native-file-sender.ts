import koffi from 'koffi';

/** Sends files on sockets inside the kernel, without copying them through this process. */
export interface FileSender {
  /**
   * A second descriptor of a connected socket, for as long as its bytes are sent: the number of the first may be given to
   * another connection the moment this one is cut. Undefined where there is none.
   */
  borrow(socket: unknown): BorrowedSocket | undefined;
}

/** Used by one sender at a time; to be closed by who borrowed it. */
export interface BorrowedSocket {
  /**
   * As much as the socket takes now of `count` bytes of a file from `position` on: resolves with their number, 0 when there
   * is no room or the connection is gone.
   */
  sendFile(file: number, position: number, count: number): Promise<number>;
  close(): void;
}

interface Libc {
  dup(fd: number): number;
  close(fd: number): number;
  sendfile(to: number, from: number, offset: BigInt64Array, count: number): Promise<number>;
}

/**
 * By sendfile(2), on the threads that Node keeps for files, so that a large image holds nobody up. Undefined where koffi or
 * the C library cannot be loaded: then files go the long way.
 */
export function createFileSender(): FileSender | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  return {
    borrow(socket) {
      const fd = descriptorOf(socket);
      const own = fd === undefined ? -1 : libc.dup(fd);
      if (own < 0) return undefined;
      return {
        async sendFile(file, position, count) {
          const sent = await libc.sendfile(own, file, BigInt64Array.of(BigInt(position)), count);
          return Math.max(0, sent);
        },
        close() {
          libc.close(own);
        },
      };
    },
  };
}

function loadLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const library = koffi.load(null);
    const sendfile = library.func('intptr_t sendfile(int to, int from, int64_t *offset, size_t count)');
    return {
      dup: library.func('int dup(int fd)'),
      close: library.func('int close(int fd)'),
      sendfile: (to, from, offset, count) =>
        new Promise((resolve, reject) => {
          sendfile.async(to, from, offset, count, (error: Error | null, sent: number | bigint) => {
            // The offset is read by another thread: it must not be collected before.
            if (error !== null || offset.length === 0) reject(error);
            else resolve(Number(sent));
          });
        }),
    };
  } catch {
    return undefined;
  }
}

/** libuv's descriptor of a plain TCP connection. One with TLS has none that bytes could be put into. */
function descriptorOf(socket: unknown): number | undefined {
  if (typeof socket !== 'object' || socket === null || Reflect.get(socket, 'encrypted') === true)
    return undefined;
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
