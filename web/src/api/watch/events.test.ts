import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventParser, type ServerEvent } from './events.ts';

function parse(...pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const feed = createEventParser((event) => events.push(event));
  for (const piece of pieces) feed(piece);
  return events;
}

const stream = 'id: e-1\nevent: added\ndata: {"a":1}\n\n: comment\n\nid: e-2\nevent: deleted\ndata: {}\n\n';
const wanted = [
  { id: 'e-1', event: 'added', data: '{"a":1}' },
  { id: 'e-2', event: 'deleted', data: '{}' },
];

describe('server-sent events', () => {
  it('are read', () => expect(parse(stream)).toEqual(wanted));

  it('are read from pieces of any size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(stream.length)), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((place, at) => stream.slice(places[at], place));
        expect(parse(...pieces)).toEqual(wanted);
      }),
    );
  });

  it.each([
    ['an event without data is none', 'event: added\n\n', []],
    ['an event that has not ended is none yet', 'data: x\n', []],
    [
      'data of several lines is one text',
      'data: a\ndata: b\n\n',
      [{ id: undefined, event: 'message', data: 'a\nb' }],
    ],
    ['lines may end with CR LF', 'data: a\r\n\r\n', [{ id: undefined, event: 'message', data: 'a' }]],
    ['an id stays for what follows', 'id: 7\n\ndata: a\n\n', [{ id: '7', event: 'message', data: 'a' }]],
    ['a value may lack its blank', 'data:a\n\n', [{ id: undefined, event: 'message', data: 'a' }]],
  ])('%s', (_, text, events) => expect(parse(text)).toEqual(events));
});
