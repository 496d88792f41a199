/** Cuts a stream of bytes into lines; bytes after the last line feed are kept for the next piece. */
export interface LineSplitter {
  /** The lines that this piece completes, without their line feed. Throws RangeError when a line grows past the limit. */
  push(piece: Uint8Array): string[];
  /** Bytes that no line feed has followed yet: not 0 at the end of a stream means that it was truncated. */
  pending(): number;
}

/** @param maxLineBytes the API server refuses objects above 3 MiB or so; anything far longer is not a watch. */
export function createLineSplitter(maxLineBytes = 16 * 1024 * 1024): LineSplitter {
  let pieces: Uint8Array[] = [];
  let pendingBytes = 0;

  function keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    pendingBytes += piece.length;
    if (pendingBytes > maxLineBytes) throw new RangeError(`a line is longer than ${maxLineBytes} bytes`);
    pieces.push(piece);
  }

  function takeLine(): string {
    // Decoded only when whole: a piece may end in the middle of a UTF-8 character.
    const line = Buffer.concat(pieces).toString('utf8');
    pieces = [];
    pendingBytes = 0;
    return line;
  }

  return {
    push(piece) {
      const lines: string[] = [];
      let start = 0;
      for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
        keep(piece.subarray(start, end));
        const line = takeLine();
        if (line.trim() !== '') lines.push(line);
        start = end + 1;
      }
      keep(piece.subarray(start));
      return lines;
    },
    pending: () => pendingBytes,
  };
}
