import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { findProgram, readLabEnvironment } from '../../../lab/environment.ts';

/** How the API is probed. */
export interface ProbeOptions {
  url: string;
  token: string;
  /** Where settings and the report are written; Schemathesis keeps what it learns there as well. */
  directory: string;
  seed: number;
  /** Requests for each operation, of each way of making them. */
  examples: number;
  /** Also requests that use what earlier ones have made. */
  stateful: boolean;
  /** Tags whose operations are probed at random alone, and not at every edge of every parameter: the code is that of other tags. */
  withoutEdges: readonly string[];
}

const Report = z.object({
  exit_code: z.int(),
  complete: z.boolean(),
  operations: z.object({ total: z.int(), tested: z.int(), errored: z.int() }),
  test_cases: z.object({ generated: z.int(), unique_failures: z.int() }),
});

/** What came of it. */
export interface Probed {
  report: z.infer<typeof Report>;
  /** Every finding with a command that repeats it; without the lists of warnings. */
  findings: string;
}

/**
 * Left out of all checks. What the API server refuses by the rules of a kind (CEL), the document does not know: valid data may be
 * refused. Reads come from a copy that follows writes a moment later: what was deleted may still be seen, what was made not yet.
 * All objects are of one person: who may see whose is the matter of test/integration/server/api.test.ts.
 */
const left = [
  'positive_data_acceptance',
  'use_after_free',
  'ensure_resource_availability',
  'object_level_authorization',
];

/** Statuses by which a request that breaks the document may be refused. */
const refusals = [400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 416, 422, 428, 429, 431];

/** Runs Schemathesis (https://schemathesis.io) over every operation of the served document. Of a stream it reads one event. */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const program = findProgram('schemathesis', readLabEnvironment());
  if (program === undefined) throw new Error('schemathesis is missing: ./dev setup installs it');
  const settings = join(options.directory, 'schemathesis.toml');
  const report = join(options.directory, 'report.json');
  const document = join(options.directory, 'openapi.json');
  writeFileSync(settings, settingsOf(options));
  const served = await fetch(`${options.url}/api/v1/openapi.json`, {
    headers: { authorization: `Bearer ${options.token}` },
  });
  writeFileSync(document, await served.text());
  const phases = ['coverage', 'fuzzing', ...(options.stateful ? ['stateful'] : [])];
  const child = spawn(
    program,
    [
      ...['--config-file', settings, 'run', document, '--url', options.url, '--no-color'],
      ...['--checks', 'all', '--exclude-checks', left.join(','), '--phases', phases.join(',')],
      ...['--seed', String(options.seed), '--max-examples', String(options.examples)],
      ...['--request-timeout', '120', '--generation-database', 'none', '--continue-on-failure'],
      ...['--report', 'json', '--report-json-path', report],
    ],
    { cwd: options.directory, env: { PATH: process.env.PATH, METALWRIGHT_PROBE_TOKEN: options.token } },
  );
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (!existsSync(report)) throw new Error(`schemathesis has made no report: ${out.slice(-4_000)}${err}`);
  const told = Report.safeParse(JSON.parse(readFileSync(report, 'utf8')));
  if (!told.success) throw new Error(`schemathesis has asked nothing: ${out.slice(-4_000)}${err}`);
  const [findings = ''] = out.split('= WARNINGS =', 1);
  return {
    report: told.data,
    findings: findings.slice(0, 20_000),
  };
}

function settingsOf({ withoutEdges }: ProbeOptions): string {
  const edges =
    withoutEdges.length === 0
      ? []
      : [
          '[[operations]]',
          `include-tag = ${JSON.stringify(withoutEdges)}`,
          'phases.coverage.enabled = false',
        ];
  return [
    'max-stream-events = 1',
    '[headers]',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Schemathesis puts the environment's in: no token is among arguments
    'Authorization = "Bearer ${METALWRIGHT_PROBE_TOKEN}"',
    '[checks]',
    `negative_data_rejection.expected-statuses = ${JSON.stringify(refusals)}`,
    ...edges,
    '',
  ].join('\n');
}
