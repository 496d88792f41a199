import { describe, expect, it } from 'vitest';
import { afterEvent, type ConsoleEvent, type ConsoleState, consoleWords, unconnected } from './state.ts';

const hello: ConsoleEvent = { type: 'news', news: { type: 'Hello', machine: 'm1', rack: 'a', kind: 'Sol' } };
const seat = (mode: 'Interactive' | 'Watch', user?: string): ConsoleEvent => ({
  type: 'news',
  news: { type: 'Seat', mode, ...(user === undefined ? {} : { holder: { user, since: '' } }) },
});
const line = (state: 'Open' | 'Lost', message?: string): ConsoleEvent => ({
  type: 'news',
  news: { type: 'Line', state, ...(message === undefined ? {} : { message }) },
});
const after = (...events: ConsoleEvent[]): ConsoleState => events.reduce(afterEvent, unconnected);

describe('a console', () => {
  it.each([
    ['is connecting at first', [], { connection: 'connecting', types: false }, 'Connecting'],
    ['is that of a rack', [hello], { connection: 'open', rack: 'a', kind: 'Sol' }, 'Connected'],
    ['takes what is typed', [hello, seat('Interactive')], { types: true }, 'Connected'],
    ['says who types', [hello, seat('Watch', 'ann')], { types: false, holder: 'ann' }, 'Connected'],
    [
      'says what the line says',
      [hello, line('Lost', 'tired')],
      { message: 'tired' },
      'Line lost, tried again',
    ],
    [
      'is closed in words',
      [hello, { type: 'closed', code: 4429, reason: '' }],
      { connection: 'closed' },
      'Closed',
    ],
  ] as const)('%s', (_, events, state, words) => {
    expect(after(...events)).toMatchObject(state);
    expect(consoleWords(after(...events)).words).toBe(words);
  });

  it('forgets who typed, what was lost and why it was closed', () => {
    expect(after(hello, seat('Watch', 'ann'), seat('Interactive'))).not.toHaveProperty('holder');
    expect(after(hello, line('Lost', 'tired'), line('Open'))).not.toHaveProperty('message');
    expect(after(hello, { type: 'closed', code: 1012, reason: '' }, { type: 'connecting' })).toEqual(
      unconnected,
    );
  });

  it('takes nothing that is typed when it is closed', () =>
    expect(after(hello, seat('Interactive'), { type: 'closed', code: 1006, reason: '' })).toMatchObject({
      types: false,
      rack: 'a',
      message: 'The connection was lost.',
    }));
});
