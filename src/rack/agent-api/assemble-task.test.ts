import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { assembleTask } from './next-task.ts';

const machine = aMachine();
const stillThere = {
  diskImage: () => undefined,
  seed: async () => undefined,
  isStillTask: async () => true,
};
const erase = { id: 't1', generation: 1, kind: 'Erase', erase: 'Full' } as const;
const inventory = { id: 't1', generation: 1, kind: 'Inventory' } as const;

describe('a task for the agent', () => {
  it('that erases is given out when the API server still has it', async () => {
    expect(await assembleTask(machine, erase, stillThere)).toEqual({ id: 't1', kind: 'Erase', mode: 'Full' });
  });

  it('that erases is kept when the API server has another one by now', async () => {
    const changed = { ...stillThere, isStillTask: async () => false };
    expect(await assembleTask(machine, erase, changed)).toHaveProperty('missing');
  });

  it('that erases is not given out while the API server is away', async () => {
    const away = { ...stillThere, isStillTask: () => Promise.reject(new Error('away')) };
    await expect(assembleTask(machine, erase, away)).rejects.toThrow('away');
  });

  it('that only looks needs nobody', async () => {
    const away = { ...stillThere, isStillTask: () => Promise.reject(new Error('away')) };
    expect(await assembleTask(machine, inventory, away)).toEqual({ id: 't1', kind: 'Inventory' });
  });

  it('that lets people in is not given out while the API server is away: keys may have been taken back', async () => {
    const away = { ...stillThere, isStillTask: () => Promise.reject(new Error('away')) };
    const sshKeys = ['ssh-ed25519 AAAA me'];
    for (const kind of ['Rescue', 'Inventory', 'Test'] as const)
      await expect(assembleTask(machine, { ...inventory, kind, sshKeys }, away)).rejects.toThrow('away');
    expect(await assembleTask(machine, { ...inventory, kind: 'Rescue', sshKeys }, stillThere)).toEqual({
      ...{ id: 't1', kind: 'Rescue', sshKeys },
    });
  });
});
