import { describe, expect, it } from 'vitest';
import type { RackStatus } from '../../../../src/api/rack/schema.ts';
import { rackHealth } from './health.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const ready = (status: 'True' | 'False') => [
  { type: 'Ready', status, reason: 'R', message: 'said', lastTransitionTime: '2026-11-23T11:00:00Z' },
];
const lastSeen = '2026-11-23T11:59:00Z';

describe('a rack', () => {
  it.each([
    ['that never said anything', {}, 'Not heard yet', undefined],
    ['that is well', { lastSeen, conditions: ready('True') }, 'Well', undefined],
    ['that is not ready', { lastSeen, conditions: ready('False') }, 'Not ready', 'said'],
    [
      'of which a service failed',
      { lastSeen, conditions: ready('True'), services: [{ name: 'Tftp', state: 'Failed' }] },
      'A service failed',
      undefined,
    ],
    [
      'that has not been heard for long, however well it was',
      { lastSeen: '2026-11-23T11:56:00Z', conditions: ready('True') },
      'Silent',
      expect.stringContaining('three minutes'),
    ],
  ] satisfies [string, RackStatus, string, unknown][])('%s: %s', (_, status, words, message) =>
    expect(rackHealth({ status }, now)).toEqual(expect.objectContaining({ words, message })),
  );
});
