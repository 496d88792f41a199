import { describe, expect, it } from 'vitest';
import type { ConsoleKind, ConsoleNews } from '../../../api/console/messages.ts';
import { closedError, newsWords } from './words.ts';

const holder = { user: 'ann\u001b[2J', since: '2026-11-20T10:00:00Z' };

describe('what is said of a console', () => {
  it.each<[string, ConsoleNews, ConsoleKind | undefined, string | undefined, string | undefined]>([
    [
      'who serves it',
      { type: 'Hello', machine: 'm1', rack: 'a', kind: 'Sol' },
      undefined,
      '~',
      'm1 by a: Serial over LAN',
    ],
    ['that one types', { type: 'Seat', mode: 'Interactive' }, 'Sol', '~', 'you type'],
    [
      'who types instead, without what moves the cursor',
      { type: 'Seat', mode: 'Watch', holder },
      'Sol',
      '%',
      'you look on; ann?[2J types, since 2026-11-20T10:00:00Z: Enter % T takes over',
    ],
    [
      'that nobody types',
      { type: 'Seat', mode: 'Watch' },
      'Sol',
      '~',
      'you look on, and nobody types: Enter ~ T lets you type',
    ],
    [
      'no escape to who has no keys',
      { type: 'Seat', mode: 'Watch' },
      'Sol',
      undefined,
      'you look on, and nobody types',
    ],
    ['nothing of seats in a log', { type: 'Seat', mode: 'Watch' }, 'BootLog', '~', undefined],
    [
      'why the line is lost',
      { type: 'Line', state: 'Lost', message: 'no answer' },
      'Sol',
      '~',
      'the line is lost, and tried again (no answer)',
    ],
    [
      'how to get a line that another has',
      { type: 'Line', state: 'InUse' },
      'Sol',
      '~',
      'another session has the line at the BMC: Enter ~ T takes it',
    ],
    [
      'how to try again',
      { type: 'Line', state: 'Failed', message: 'no SOL' },
      'Sol',
      '~',
      'the line failed (no SOL): Enter ~ T tries again',
    ],
  ])('tells %s', (_, news, kind, lead, words) => {
    expect(newsWords(news, { kind, lead })).toBe(words);
  });

  it.each([
    [1001, '', 'failed', 'has ended'],
    [1008, '', 'refused', 'may no longer'],
    [1012, '', 'failed', 'rack has gone'],
    [4404, '', 'notFound', 'no such console'],
    [4408, '', 'failed', 'did not keep up'],
    [4429, '', 'failed', 'look on'],
    [1006, '', 'failed', 'connection was lost'],
    [4999, 'a new\u0007 reason', 'failed', 'a new? reason'],
  ])('ends with %i %s as %s', (code, reason, exit, words) => {
    expect(closedError(code, reason)).toMatchObject({ code: exit, message: expect.stringContaining(words) });
  });
});
