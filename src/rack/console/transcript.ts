/** The last of what a machine has said. What is typed is in it only as far as the machine echoes it. */
export interface Transcript {
  append(data: Uint8Array): void;
  /** All that is kept; when something is missing before it, from the start of a line. */
  read(): Uint8Array;
  clear(): void;
}

const lineFeed = 0x0a;

/** @param limit bytes that are kept at most */
export function createTranscript(limit: number): Transcript {
  const bytes = new Uint8Array(limit);
  let written = 0;
  return {
    append(data) {
      const kept = data.subarray(Math.max(0, data.length - limit));
      const at = (written + data.length - kept.length) % limit;
      const first = Math.min(kept.length, limit - at);
      bytes.set(kept.subarray(0, first), at);
      bytes.set(kept.subarray(first), 0);
      written += data.length;
    },
    read() {
      if (written <= limit) return bytes.slice(0, written);
      const at = written % limit;
      const all = new Uint8Array(limit);
      all.set(bytes.subarray(at), 0);
      all.set(bytes.subarray(0, at), limit - at);
      const line = all.indexOf(lineFeed);
      return line === -1 || line === limit - 1 ? all : all.subarray(line + 1);
    },
    clear() {
      written = 0;
    },
  };
}
