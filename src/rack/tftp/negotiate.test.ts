import { describe, expect, it } from 'vitest';
import { defaultLimits, negotiate } from './negotiate.ts';

describe('TFTP options', () => {
  it.each([
    ['none', {}, undefined, { blockSize: 512, windowSize: 1 }],
    ['a block size', { blksize: '1024' }, { blksize: '1024' }, { blockSize: 1024 }],
    ['a block size that would be fragmented', { blksize: '65464' }, { blksize: '1468' }, { blockSize: 1468 }],
    ['a block size that is too small', { blksize: '7' }, undefined, { blockSize: 512 }],
    ['a block size that is no number', { blksize: '1e3' }, undefined, { blockSize: 512 }],
    ['a timeout', { timeout: '3' }, { timeout: '3' }, { timeoutMs: 3000, backOff: false }],
    ['a timeout that would hold the transfer for ever', { timeout: '255' }, undefined, { timeoutMs: 1000 }],
    ['the size', { tsize: '0' }, { tsize: '9000' }, {}],
    ['a window', { windowsize: '4' }, { windowsize: '4' }, { windowSize: 4 }],
    ['a window that is too large', { windowsize: '65535' }, { windowsize: '16' }, { windowSize: 16 }],
    ['a window of nothing', { windowsize: '0' }, undefined, { windowSize: 1 }],
    ['something unknown', { multicast: '' }, undefined, {}],
    [
      'all of them',
      { blksize: '512', tsize: '0', windowsize: '2', timeout: '1' },
      { blksize: '512', timeout: '1', tsize: '9000', windowsize: '2' },
      {},
    ],
  ])('%s', (_name, options, accepted, terms) => {
    const result = negotiate(new Map(Object.entries(options)), 'octet', 9000, defaultLimits, 1468);
    expect(result.accepted && Object.fromEntries(result.accepted)).toEqual(accepted);
    expect(result).toMatchObject(terms);
  });

  it('windows are for octet mode', () => {
    const result = negotiate(new Map([['windowsize', '4']]), 'netascii', 9000, defaultLimits, 1468);
    expect(result).toMatchObject({ windowSize: 1, accepted: undefined });
  });
});
