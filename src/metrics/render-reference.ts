import type { MetricsRegistry } from './registry.ts';

/** What a reader of the reference needs of a registry. */
type Described = Pick<MetricsRegistry, 'descriptions'>;

/** `docs/reference/metrics.md`, made from what the programs register. */
export function renderMetricsReference(rack: Described, operator: Described, server: Described): string {
  const own = (registry: Described) =>
    registry.descriptions().filter(({ name }) => name.startsWith('metalwright_'));
  const shared = rack.descriptions().filter(({ name }) => !name.startsWith('metalwright_'));
  return [
    '# Metrics',
    '',
    '<!-- Made by src/metrics/render-reference.ts; `npx vitest run --project unit src/metrics -u` writes it anew. -->',
    '',
    'In Prometheus’ text format at `/metrics` of the [admin endpoint](admin-endpoint.md) of each rack and of the operator, and of the server at the address of its REST API, each for whoever has the verb `get` on the path. Counters begin at 0 with the process. Counting costs the paths of packets an addition; what is a gauge is looked at when it is asked for.',
    '',
    '## Rack',
    '',
    ...table(own(rack)),
    '',
    '## Operator',
    '',
    ...table(own(operator)),
    '',
    '## Server',
    '',
    ...table(own(server)),
    '',
    '## All',
    '',
    'Of the process itself; `nodejs_eventloop_lag_*` is the delay of the event loop, measured by `perf_hooks`.',
    '',
    ...table(shared),
    '',
  ].join('\n');
}

function table(metrics: ReturnType<Described['descriptions']>): string[] {
  return [
    '| name | type | labels | meaning |',
    '|---|---|---|---|',
    ...metrics.map(
      ({ name, type, labels = [], help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ') || '–'} | ${help} |`,
    ),
  ];
}
