import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { apiResources } from '../../../src/server/resources.ts';
import { makeScratch } from '../shared/scratch.ts';
import { createExamples } from './examples.ts';
import { type ServerProgram, startServerProgram } from './program.ts';
import { probe } from './schemathesis.ts';
import { type Setting, startSetting } from './setting.ts';

const wholeNumber = z
  .string()
  .optional()
  .transform((text) => (text === undefined || text === '' ? undefined : Number(text)))
  .pipe(z.int().min(0).optional());

/** `./dev test api` sets these for a long run. */
const wanted = z
  .object({ METALWRIGHT_TEST_API_EXAMPLES: wholeNumber, METALWRIGHT_TEST_API_SEED: wholeNumber })
  .parse(process.env);
const examples = wanted.METALWRIGHT_TEST_API_EXAMPLES;
const seed = wanted.METALWRIGHT_TEST_API_SEED ?? (examples === undefined ? 1 : randomInt(2 ** 31));

/** One kind in the cluster and one in namespaces stand for all: the routes of kinds are the same code. */
const likeOthers = apiResources
  .map(({ noun }) => noun)
  .filter((noun) => noun !== 'zones' && noun !== 'allocations');

let setting: Setting;
let server: ServerProgram;
let token: string;
beforeAll(async () => {
  setting = await startSetting();
  token = await setting.token('prober', { rules: [{ resources: ['*'], verbs: ['*'] }] });
  await createExamples(setting.client);
  const directory = makeScratch('metalwright-probe-');
  server = await startServerProgram(setting, directory, {
    METALWRIGHT_UPLOADS_DIRECTORY: join(directory, 'uploads'),
    METALWRIGHT_UPLOADS_URL: 'http://127.0.0.1:7482',
  });
  await server.hasHistory(token);
}, 600_000);
afterAll(async () => {
  await server?.stop();
  await setting?.stop();
});

it(
  `Schemathesis finds no failure of the server and nothing that the document does not know (seed ${seed})`,
  async () => {
    const { report, findings } = await probe({
      ...{ url: server.url, token, seed, directory: makeScratch('metalwright-schemathesis-') },
      ...{ examples: examples ?? 2, stateful: examples !== undefined },
      withoutEdges: examples === undefined ? likeOthers : [],
    });
    expect(findings).not.toMatch(/= (FAILURES|ERRORS) =/);
    expect(report).toMatchObject({ exit_code: 0, complete: true, test_cases: { unique_failures: 0 } });
    const { total, tested, errored } = report.operations;
    expect([tested, errored]).toEqual([total, 0]);
    expect(report.test_cases.generated).toBeGreaterThan(10 * total);
    expect(server.log()).not.toContain('"a request failed"');
  },
  3 * 3_600_000,
);
