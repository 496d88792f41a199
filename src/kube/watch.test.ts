import { describe, expect, it } from 'vitest';
import { configMaps } from './core-resources.ts';
import { isRecord } from './json.ts';
import { isObjectOf, type Resource } from './resource.ts';
import { decodeWatchLine, readWatch } from './watch.ts';

const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', resourceVersion: '7' },
};
const added = JSON.stringify({ type: 'ADDED', object });

function decode(event: unknown) {
  return decodeWatchLine('watching', configMaps, typeof event === 'string' ? event : JSON.stringify(event));
}

async function read(...pieces: (string | Error)[]) {
  async function* body() {
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece;
      yield Buffer.from(piece);
    }
  }
  const got = [];
  for await (const event of readWatch('watching', configMaps, body(), () => {})) got.push(event.type);
  return got;
}

describe('decodeWatchLine', () => {
  it('reads a change', () => {
    expect(decode(added)).toEqual({ type: 'Added', object, resourceVersion: '7' });
  });

  it('reads a bookmark, which has no name', () => {
    const bookmark = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '9' } };
    expect(decode({ type: 'BOOKMARK', object: bookmark })).toEqual({
      type: 'Bookmark',
      resourceVersion: '9',
    });
  });

  const refused: [string, unknown, string][] = [
    [
      'an expired version',
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
      'Gone',
    ],
    ['an expired version by its number', { type: 'ERROR', object: { kind: 'Status', code: 410 } }, 'Gone'],
    ['a failing server', { type: 'ERROR', object: { kind: 'Status', code: 500 } }, 'InternalError'],
    ['half a line', added.slice(0, 40), 'InvalidResponse'],
    ['a page of a proxy', '<html>', 'InvalidResponse'],
    ['something that is no event', '[]', 'InvalidResponse'],
    ['an event of an unknown type', { type: 'MOVED', object }, 'InvalidResponse'],
    [
      'a change without a version',
      { type: 'ADDED', object: { ...object, metadata: { name: 'a' } } },
      'InvalidResponse',
    ],
    [
      'a nameless object',
      { type: 'ADDED', object: { metadata: { resourceVersion: '7' } } },
      'InvalidResponse',
    ],
  ];
  for (const [name, event, code] of refused) {
    it(`throws ${code} for ${name}`, () => {
      expect(() => decode(event)).toThrow(expect.objectContaining({ code }));
    });
  }

  it('names an object that its resource cannot read, and where to go on', () => {
    const strict: Resource<typeof object> = {
      ...configMaps,
      parse(raw) {
        if (!isObjectOf(configMaps, raw) || !isRecord(raw.data)) throw new Error('no data');
        return object;
      },
    };
    expect(decodeWatchLine('watching', strict, added)).toMatchObject({
      type: 'Unreadable',
      resourceVersion: '7',
      key: { name: 'a', namespace: 'n' },
    });
  });
});

describe('readWatch', () => {
  it('reads events however they are cut', async () => {
    expect(await read(added.slice(0, 9), `${added.slice(9)}\n${added}`, '\n')).toEqual(['Added', 'Added']);
  });

  it('ends without an error at the end of a line', async () => {
    expect(await read(`${added}\n`)).toEqual(['Added']);
  });

  it('throws when the body ends in the middle of an event', async () => {
    await expect(read(`${added}\n`, added.slice(0, 30))).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('throws when the connection breaks', async () => {
    await expect(read(`${added}\n`, new Error('reset'))).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
