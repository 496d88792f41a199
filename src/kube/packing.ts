import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deepFreeze, isRecord, parseJson } from './json.ts';
import type { KubeObject } from './resource.ts';

/**
 * Makes an object small for as long as nobody looks into it: all but what names it is compressed, and comes back as its members are
 * read. For objects that are large, many and seldom read. What was read last is kept, so that reading one object after another costs
 * one decompression each.
 *
 * @returns changes the object that it is given, and freezes it; one that is frozen stays as it is
 */
export function createPacking(): (object: KubeObject) => void {
  let last: { bytes: Uint8Array; members: Record<string, unknown> } | undefined;

  function unpacked(bytes: Uint8Array): Record<string, unknown> {
    if (last?.bytes === bytes) return last.members;
    const members = parseJson(inflateRawSync(bytes).toString());
    if (!isRecord(members)) throw new TypeError('what was packed is no object');
    last = { bytes, members: deepFreeze(members) };
    return members;
  }

  return (object) => {
    if (Object.isFrozen(object)) return;
    const { apiVersion, kind, metadata, ...members } = object;
    // A copy of its own length: what zlib hands out is a part of a larger buffer.
    const bytes = Uint8Array.from(deflateRawSync(JSON.stringify(members), { level: 1 }));
    for (const name of Object.keys(members)) {
      Object.defineProperty(object, name, { get: () => unpacked(bytes)[name], enumerable: true });
    }
    deepFreeze(metadata);
    Object.freeze(object);
  };
}
