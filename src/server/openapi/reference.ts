import { serverErrors } from '../errors.ts';
import type { ApiRoute } from '../route.ts';
import { byeReasons } from '../routes/watch/stream.ts';
import { problemsOf } from './document.ts';

/** The reference page of the API, as Markdown: all operations and all problems, from the same tables as the server. */
export function renderApiReference(routes: readonly ApiRoute[]): string {
  const byTag = Map.groupBy(routes, ({ tag }) => tag);
  return [
    '# REST API',
    '',
    'Made from `src/server` by `npx vitest run --project unit src/server/openapi -u`. [The guide](../guides/api.md) has examples; the document with all schemas is at `/api/v1/openapi.json` (OpenAPI 3.1).',
    '',
    'Bodies are JSON. Objects are the custom resources themselves, as `kubectl get -o json` shows them.',
    ...[...byTag].flatMap(([tag, operations]) => section(tag, operations)),
    '',
    '## Problems',
    '',
    'Answers of media type `application/problem+json` (RFC 9457). Every operation may answer 400, 401, 406, 429, 431, 503 and 504; those with a body 413 and 415 as well.',
    '',
    '| code | status | meaning |',
    '|---|---|---|',
    ...Object.entries(serverErrors).map(
      ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
    ),
    '',
    '## Ends of streams',
    '',
    'The `reason` of the event `bye`.',
    '',
    '| reason | meaning |',
    '|---|---|',
    ...Object.entries(byeReasons).map(([reason, detail]) => `| \`${reason}\` | ${detail} |`),
    '',
  ].join('\n');
}

function section(tag: string, operations: readonly ApiRoute[]): string[] {
  const rows = operations.map((route) => {
    const query = Object.keys(route.querySchema.shape).map((name) => `\`${name}\``);
    const headers = Object.keys(route.headers ?? {}).map((name) => `\`${name}\``);
    const answers = [...Object.keys(route.answers), ...ownProblems(route)].join(', ');
    const takes = [...query, ...headers].join(', ');
    return `| \`${route.method} ${route.path}\` | ${route.summary} | ${takes} | ${answers} |`;
  });
  const described = operations.flatMap(({ description }) =>
    description === undefined ? [] : [description, ''],
  );
  return [
    '',
    `## ${tag}`,
    '',
    ...described,
    '| operation | what it does | parameters and headers | answers |',
    '|---|---|---|---|',
    ...rows,
  ];
}

/** Statuses beside those that every operation may answer with. */
function ownProblems(route: ApiRoute): string[] {
  const own = new Set(route.problems);
  return [...problemsOf(route)]
    .filter(([, codes]) => codes.some((code) => own.has(code)))
    .map(([status]) => String(status))
    .sort();
}
