import { describe, expect, it } from 'vitest';
import { aBootImage, aMachine } from '../../../../test/fixtures/objects.ts';
import type { Allocation } from '../../../api/allocation/schema.ts';
import type { AllocationQuota } from '../../../api/allocation-quota/schema.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import { apiVersion } from '../../../api/meta.ts';
import { type PreviewWorld, preview, type Wish } from './preview.ts';

const ready = (name: string, cores: number, status: Machine['status'] = {}): Machine =>
  aMachine({
    name,
    status: {
      phase: 'Ready',
      hardware: {
        cores,
        threads: cores,
        memoryMiB: 1024,
        nics: 1,
        disks: [{ name: 'sda', sizeBytes: 1e12, kind: 'SSD' }],
      },
      ...status,
    },
  });

const anAllocation = (namespace: string, name: string, machine: string): Allocation => ({
  apiVersion,
  kind: 'Allocation',
  metadata: { name, namespace },
  spec: { image: 'debian', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 },
  status: { machine },
});

const aQuota = (limits: AllocationQuota['spec']['limits']): AllocationQuota => ({
  apiVersion,
  kind: 'AllocationQuota',
  metadata: { name: 'small', namespace: 'team' },
  spec: { limits },
});

const aWorld = (but: Partial<PreviewWorld> = {}): PreviewWorld => ({
  machines: [ready('big', 32), ready('small', 4), ready('middle', 8)],
  allocations: [],
  quotas: [],
  imageOf: (name) => (name === 'debian' ? aBootImage({ name }) : undefined),
  ...but,
});

const wish = (constraints: Wish['constraints'] = {}, image: string | undefined = 'debian'): Wish => ({
  image,
  constraints,
});
const team = { namespace: 'team', most: 2, discreet: false };

describe('the preview of a placement', () => {
  it('counts the machines that fit, and names the first that would be taken', () => {
    expect(preview(wish(), aWorld(), team)).toEqual({
      machines: 3,
      fits: 3,
      names: ['small', 'middle'],
      constraints: [],
      quotas: [],
    });
  });

  it('says of each constraint what it took out and what it left', () => {
    const { fits, constraints, reason } = preview(wish({ cores: 8 }), aWorld(), team);
    expect([fits, reason]).toEqual([2, undefined]);
    expect(constraints).toEqual([
      {
        constraint: 'cores >= 8',
        removed: 1,
        left: 2,
        quota: false,
        message: 'cores >= 8: removed 1 of 3 machines; it has 4',
      },
    ]);
  });

  it('needs no image yet, and refuses one that there is not or that cannot be installed', () => {
    expect(preview({ image: undefined, constraints: {} }, aWorld(), team).fits).toBe(3);
    expect(preview(wish({}, 'none'), aWorld(), team)).toMatchObject({ fits: 0, reason: 'ImageNotFound' });
    const imageOf = () => aBootImage({ name: 'live', spec: { purpose: 'Ephemeral' } });
    expect(preview(wish({}, 'live'), aWorld({ imageOf }), team).reason).toBe('ImageUnusable');
  });

  it('holds against quotas what the namespace has, and says when they are what it would wait for', () => {
    const world = aWorld({
      allocations: [anAllocation('team', 'web', 'big'), anAllocation('other', 'db', 'middle')],
      quotas: [aQuota({ machines: 1 })],
    });
    expect(preview(wish(), world, team)).toMatchObject({
      fits: 0,
      reason: 'QuotaExceeded',
      quotas: [{ name: 'small', limits: { machines: 1 }, used: { machines: 1, cores: 32 } }],
      constraints: [
        { constraint: 'available', removed: 2, left: 1, quota: false },
        { constraint: 'quota small', removed: 1, left: 0, quota: true },
      ],
    });
  });

  it('does not tell whoever may not know who holds a machine', () => {
    const world = aWorld({
      machines: [
        ready('a', 1, { phase: 'Deployed', allocation: { namespace: 'secret', name: 'plan', uid: 'u' } }),
        ready('b', 1, { phase: 'Deployed', allocation: { namespace: 'team', name: 'web', uid: 'u' } }),
        ready('c', 1),
      ],
      allocations: [anAllocation('secret', 'next', 'c')],
    });
    const openly = preview(wish(), world, team).constraints[0]?.message;
    expect(openly).toMatch(/held by secret\/plan.*held by team\/web|chosen for secret\/next/);
    const discreetly = JSON.stringify(preview(wish(), world, { ...team, discreet: true }));
    expect(discreetly).toContain('held by another Allocation');
    expect(discreetly).toContain('held by team/web');
    expect(discreetly).not.toContain('secret');
  });
});
