import type { Files } from '../host/files.ts';

/** What a machine's /sys, /proc and /run said, kept as data: the fixture of an inventory test. */
export interface Recording {
  texts: Record<string, string>;
  /** Base64. */
  bytes: Record<string, string>;
  lists: Record<string, string[]>;
  links: Record<string, string>;
}

/** Answers from a recording; what is not in it is not there. */
export function replay(recording: Recording): Files {
  return {
    readText: async (path) => recording.texts[path],
    readBytes: async (path) => {
      const bytes = recording.bytes[path];
      return bytes === undefined ? undefined : Buffer.from(bytes, 'base64');
    },
    list: async (path) => recording.lists[path] ?? [],
    resolve: async (path) => recording.links[path],
  };
}

/** Passes every question on and keeps the answers. */
export function record(files: Files): { files: Files; recording: Recording } {
  const recording: Recording = { texts: {}, bytes: {}, lists: {}, links: {} };
  return {
    recording,
    files: {
      async readText(path) {
        const text = await files.readText(path);
        if (text !== undefined) recording.texts[path] = text;
        return text;
      },
      async readBytes(path) {
        const bytes = await files.readBytes(path);
        if (bytes !== undefined) recording.bytes[path] = Buffer.from(bytes).toString('base64');
        return bytes;
      },
      async list(path) {
        const names = await files.list(path);
        if (names.length > 0) recording.lists[path] = names;
        return names;
      },
      async resolve(path) {
        const target = await files.resolve(path);
        if (target !== undefined) recording.links[path] = target;
        return target;
      },
    },
  };
}
