import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { type Setting, startSetting } from '../controllers/setting.ts';
import { someEdits } from './edits.ts';
import { createInvariants } from './invariants.ts';
import { leftovers, reverse } from './reversal.ts';
import { createWorld, type World } from './world.ts';

const maxRounds = 1000;
const leastEdits = 300;
const stepsInRound = 120;
/** No round begins after it, but for the least number of edits. */
const limitMs = 1000 * Number(process.env.METALWRIGHT_MODEL_SECONDS ?? 25);
/** The same choices at each run of all tests; other ones are for who looks for more. */
const seed = Number(process.env.METALWRIGHT_SEED ?? 1);

let setting: Setting;
let world: World;

beforeAll(async () => {
  setting = await startSetting();
  world = await createWorld(setting.client);
  await reverse(world);
});
afterAll(async () => {
  await world?.stop();
  await setting?.stop();
});

describe('thousands of edits of specs, orders and Allocations, and their reversal', () => {
  it('a machine has one owner, nothing leaves Deployed against its Allocation, and every wait ends', {
    timeout: 3_600_000,
  }, async () => {
    const { client, recording, edits } = world;
    const invariants = createInvariants();
    const startedAt = performance.now();
    let versions = 0;
    const check = async (): Promise<void> => {
      for (const version of await recording.take()) {
        invariants.see(version);
        versions++;
      }
      expect(invariants.violations).toEqual([]);
    };
    await fc.assert(
      fc.asyncProperty(someEdits(stepsInRound), async (commands) => {
        if (performance.now() - startedAt > limitMs && edits.accepted > leastEdits) return;
        try {
          await fc.asyncModelRun(
            () => ({ model: { allocations: new Set<string>() }, real: world }),
            commands,
          );
          await reverse(world);
        } finally {
          await check();
        }
        expect(await leftovers(world)).toEqual([]);
        for (const { metadata } of (await client.list(machineActionKind)).items)
          await client.delete(machineActionKind, metadata.name);
      }),
      // The same edits meet other timings at each try: smaller failures would be luck.
      { numRuns: maxRounds, seed, endOnFailure: true },
    );
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const { powered, tasks } = world.rack.journal;
    console.log(
      `seed ${seed}: ${edits.accepted} edits and orders, ${edits.refused} refused by the API server, ${edits.restarts} other operators, ` +
        `${versions} versions looked at, ${powered.length} power requests, ${tasks.length} tasks, in ${seconds} s; ` +
        `phases: ${[...invariants.phases].toSorted().join(', ')}`,
    );
    expect(edits.accepted).toBeGreaterThan(leastEdits);
    expect(invariants.phases.size).toBeGreaterThan(8);
  });
});
