import { describe, expect, it } from 'vitest';
import { machineActions } from '../../../src/api/machine-action/schema.ts';
import { aMachine } from '../testing/machine.ts';
import { catalog, entryOf, refusalOf } from './catalog.ts';
import { type OrderResult, orderAll } from './order.ts';
import { parametersOf } from './parameter-fields.tsx';

const bmc = { driver: 'manual' } as const;

describe('the actions', () => {
  it('are all there, but the one that needs targets', () => {
    const missing = machineActions.filter((action) => !catalog.some((entry) => entry.action === action));
    expect(missing).toEqual(['CloneConfiguration']);
  });

  it.each([
    ['Commission', 'New', { bmc }, undefined],
    ['Commission', 'Deployed', { bmc }, 'Not in the phase Deployed.'],
    ['PowerOn', 'Deploying', { bmc }, 'Not in the phase Deploying.'],
    ['PowerOn', 'Ready', { bmc, locked: true }, 'It is locked.'],
    ['Lock', 'Ready', { bmc, locked: true }, 'It is locked already.'],
    ['Unlock', 'Ready', { bmc, locked: true }, 'It is not locked by Lock.'],
    ['PowerOn', 'Ready', {}, 'It has no BMC: a person powers it.'],
    ['MarkBroken', 'Ready', {}, undefined],
  ] as const)('%s in %s is refused as the operator would', (action, phase, spec, refusal) => {
    expect(refusalOf(action, aMachine('m', { spec, status: { phase } }))).toBe(refusal);
  });

  it('say only the parameters that they know', () => {
    const answers = { mode: 'Hard', erase: '', sshKeys: ' ssh-ed25519 AAAA \n\n', message: '' } as const;
    expect(parametersOf(entryOf('PowerOff'), answers)).toEqual({ parameters: { mode: 'Hard' } });
    expect(parametersOf(entryOf('Rescue'), answers)).toEqual({
      parameters: { sshKeys: ['ssh-ed25519 AAAA'] },
    });
    expect(parametersOf(entryOf('Release'), answers)).toEqual({});
  });
});

describe('an order to many machines', () => {
  const names = Array.from({ length: 60 }, (_, at) => `m-${at}`);

  it('goes out in pieces, and says how far it is', async () => {
    const sizes: number[] = [];
    const seen: number[] = [];
    const send = async (piece: readonly string[]): Promise<OrderResult[]> => {
      sizes.push(piece.length);
      return piece.map((machine) => ({ machine, action: `${machine}-test` }));
    };
    const results = await orderAll(names, { action: 'Test' }, (sofar) => seen.push(sofar.length), send);
    expect(sizes).toEqual([25, 25, 10]);
    expect(seen).toEqual([25, 50, 60]);
    expect(results.map(({ machine }) => machine)).toEqual(names);
  });

  it('goes on when a piece fails as a whole', async () => {
    let piece = 0;
    const send = async (machines: readonly string[]): Promise<OrderResult[]> => {
      piece += 1;
      if (piece === 2) throw new Error('the server is away');
      return machines.map((machine) => ({ machine, action: 'x' }));
    };
    const results = await orderAll(names, { action: 'Test' }, () => undefined, send);
    expect(results).toHaveLength(60);
    expect(results.filter(({ problem }) => problem !== undefined)).toHaveLength(25);
    expect(results[30]?.problem?.detail).toBe('the server is away');
  });
});
