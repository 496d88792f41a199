import { expect, it } from 'vitest';
import { aBootImage, aRack } from '../../../test/fixtures/objects.ts';
import { listNeighbours } from './list-neighbours.ts';

const digest = 'a'.repeat(64);
const httpUrl = 'http://10.0.0.2:7480';

it('lists the racks that are alive and reachable, and those that hold the image', () => {
  const racks = [
    { ...aRack({ name: 'self' }), status: { httpUrl } },
    { ...aRack({ name: 'holder' }), status: { httpUrl } },
    { ...aRack({ name: 'empty' }), status: { httpUrl } },
    { ...aRack({ name: 'dead' }), status: { httpUrl } },
    { ...aRack({ name: 'nowhere' }), status: {} },
  ];
  const image = aBootImage({ name: 'debian' });
  const artifacts = [{ role: 'Disk' as const, digest: `sha256:${digest}`, sizeBytes: 1 }];
  const status = { artifacts, racks: [{ name: 'holder', since: '2026-01-01T00:00:00Z' }] };
  const world = { racks: { list: () => racks }, images: { list: () => [{ ...image, status }] } };
  expect(listNeighbours(world, 'self', (name) => name !== 'dead', digest)).toEqual([
    { name: 'holder', url: httpUrl, holds: true },
    { name: 'empty', url: httpUrl, holds: false },
  ]);
});
