import type { ImageFile, OpenImage } from '../images/ports.ts';
import type { IsoExtent, IsoLayout } from './iso9660.ts';

/** Opens a file of the image cache. Rejects when it cannot be had. */
export type OpenPart = (digest: string) => Promise<OpenImage>;

/**
 * An ISO that is nowhere as a whole, as a file to read from: its own few pages from memory, kernel and initrd from the image
 * cache, zeros in between.
 *
 * @throws what `open` rejects with; what was opened until then is closed
 */
export async function openIso(layout: IsoLayout, modifiedAt: number, open: OpenPart): Promise<OpenImage> {
  const parts = new Map<string, OpenImage>();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...parts.values()].map(({ file }) => file.close()));
    parts.clear();
  };
  try {
    for (const { content } of layout.extents)
      if ('digest' in content && !parts.has(content.digest))
        parts.set(content.digest, await open(content.digest));
  } catch (error) {
    await closeAll();
    throw error;
  }
  const file: ImageFile = {
    // No descriptor has all of it: it is copied, never sent by the kernel.
    fd: -1,
    async read(buffer, offset, length, position) {
      const end = Math.min(position + length, layout.sizeBytes);
      const target = buffer.subarray(offset, offset + Math.max(0, end - position));
      target.fill(0);
      for (const extent of layout.extents) {
        if (extent.start >= end) break;
        if (!(await copyExtent(extent, target, position, parts))) return { bytesRead: 0 };
      }
      return { bytesRead: target.length };
    },
    close: closeAll,
  };
  const { sizeBytes } = layout;
  return { file, sizeBytes, modifiedAt, growth: { beyond: () => sizeBytes } };
}

/** Copies what of the extent lies in `target`, which begins at `position` of the image. False: the part has broken off. */
async function copyExtent(
  { start, content }: IsoExtent,
  target: Uint8Array,
  position: number,
  parts: ReadonlyMap<string, OpenImage>,
): Promise<boolean> {
  const size = 'bytes' in content ? content.bytes.length : content.sizeBytes;
  const from = Math.max(start, position);
  const to = Math.min(start + size, position + target.length);
  if (from >= to) return true;
  if ('bytes' in content) {
    target.set(content.bytes.subarray(from - start, to - start), from - position);
    return true;
  }
  const part = parts.get(content.digest);
  for (let at = from; at < to; ) {
    const read = await part?.file.read(target, at - position, to - at, at - start);
    if (read === undefined || read.bytesRead === 0) return false;
    at += read.bytesRead;
  }
  return true;
}
