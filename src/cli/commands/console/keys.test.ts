import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyAction, type KeyState, takeKeys } from './keys.ts';

const lead = '~'.charCodeAt(0);

/** What comes of pieces that were typed one after the other, with the bytes of neighbours joined. */
function typing(pieces: readonly Uint8Array[]): (string | KeyAction['type'])[] {
  let state: KeyState = 'LineStart';
  const seen: string[] = [];
  let bytes = '';
  for (const piece of pieces) {
    const taken = takeKeys(state, piece, lead);
    state = taken.state;
    for (const action of taken.actions) {
      if (action.type === 'Bytes') {
        bytes += Buffer.from(action.bytes).toString('latin1');
        continue;
      }
      if (bytes !== '') seen.push(bytes);
      bytes = '';
      seen.push(action.type);
      if (action.type === 'Leave') return seen;
    }
  }
  return bytes === '' ? seen : [...seen, bytes];
}
const typed = (text: string) => typing([Buffer.from(text, 'latin1')]);

describe('keys of a console', () => {
  it.each([
    ['leave before anything else', '~.', ['Leave']],
    ['leave after Enter', 'ls\r~.', ['ls\r', 'Leave']],
    ['leave after a line feed', 'ls\n~.', ['ls\n', 'Leave']],
    ['go to the machine in the middle of a line', 'cd ~.\r', ['cd ~.\r']],
    ['send a BREAK and take over, one after the other', '~B~T', ['Break', 'TakeOver']],
    ['say the escape character once for twice', '\r~~.', ['\r~.']],
    ['go to the machine when they mean nothing', '~tom\r', ['~tom\r']],
    ['are a new line after an escape', 'a\r~?~.', ['a\r', 'Help', 'Leave']],
    ['are dropped once they have left', '~.reboot\r', ['Leave']],
    ['take Enter after the escape character for Enter', '~\r~.', ['~\r', 'Leave']],
    ['hold Ctrl-C, Ctrl-Z and bytes that are no text', '\x03\x1a\xff\x00', ['\x03\x1a\xff\x00']],
  ])('%s', (_, keys, seen) => {
    expect(typed(keys)).toEqual(seen);
  });

  const keys = fc.array(fc.constantFrom(...Buffer.from('~~.BT?ab\r\n')), { maxLength: 40 });

  it('mean the same in whatever pieces they come', () => {
    fc.assert(
      fc.property(keys, fc.array(fc.nat(40)), (bytes, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, at) => Uint8Array.from(bytes.slice(places[at], end)));
        expect(typing(pieces)).toEqual(typing([Uint8Array.from(bytes)]));
      }),
    );
  });

  it('are all the machine’s where there is no escape character', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const plain = bytes.map((byte) => (byte === lead ? 0 : byte));
        const seen = typing([plain]);
        expect(seen).toEqual(plain.length === 0 ? [] : [Buffer.from(plain).toString('latin1')]);
      }),
    );
  });
});
