/** Many events as the bytes of one piece. */
export type Pack = (frames: readonly string[]) => Uint8Array;

/**
 * Bytes are made once for all streams that send the same at the same time, and all their sockets hold the same ones: of a text, each
 * would make a copy of what its peer has not taken yet.
 */
export function createPack(): Pack {
  let last: { frames: readonly string[]; bytes: Uint8Array } | undefined;
  return (frames) => {
    if (last === undefined || !isSame(last.frames, frames)) {
      last = { frames: [...frames], bytes: Buffer.from(frames.join('')) };
    }
    return last.bytes;
  };
}

/** Frames of the same event are the same text, so that comparing them costs nothing. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((frame, index) => frame === b[index]);
}
