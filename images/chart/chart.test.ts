import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { kinds } from '../../src/api/crd/kinds.ts';
import { chartAccess } from './access.ts';
import { alerts } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import { chartFiles } from './files.ts';
import { chartReference } from './reference.ts';
import { ChartValues } from './values.ts';

const root = join(import.meta.dirname, '../..');
const chart = join(root, 'charts/metalwright');
const text = (path: string): string => readFileSync(join(chart, path), 'utf8');

describe('the chart', () => {
  it.each(chartFiles())('has a current $path: node images/chart/generate.ts', ({ path, content }) => {
    if (path.endsWith('.json')) expect(JSON.parse(text(path))).toEqual(JSON.parse(content));
    else expect(text(path)).toBe(content);
  });

  it('has the CRDs of the sources and no others', () => {
    const wanted = chartFiles().flatMap(({ path }) =>
      path.startsWith('files/crds/') ? [path.slice(11)] : [],
    );
    expect(readdirSync(join(chart, 'files/crds')).sort()).toEqual(wanted.sort());
  });

  it('has values that its schema knows, and a value for everything', () => {
    expect(ChartValues.parse(parse(text('values.yaml')))).toBeDefined();
  });

  it('has a current page of its values: node images/chart/generate.ts', () => {
    const page = readFileSync(join(root, 'docs/reference/chart.md'), 'utf8');
    expect(page).toBe(chartReference(text('values.yaml')));
  });

  it('has the version of the programs', () => {
    const { version, appVersion } = parse(text('Chart.yaml'));
    expect({ version, appVersion }).toEqual({
      version: packageJson.version,
      appVersion: packageJson.version,
    });
  });
});

describe('access', () => {
  const { operator, rack, server, people } = chartAccess();
  const plurals = kinds.map(({ plural }) => plural).sort();
  const readable = (rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[]): string[] => [
    ...new Set(
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        verbs.includes('list') && apiGroups.includes('metalwright.dev') ? resources : [],
      ),
    ),
  ];

  it.each([
    ['operator', operator.cluster],
    ['server', server.cluster],
    ['viewer', people.viewer],
    ['administrator', people.administrator],
  ])('lets the %s read every kind', (_name, rules) => {
    expect(readable(rules).sort()).toEqual(plurals);
  });

  it('gives no program Secrets of the cluster, lists of Secrets, or wildcards', () => {
    for (const { cluster, own, events } of [operator, rack, server]) {
      expect(cluster.flatMap(({ resources }) => resources)).not.toContain('secrets');
      for (const { resources, verbs, apiGroups } of [...cluster, ...own, ...events]) {
        expect([...resources, ...verbs, ...apiGroups]).not.toContain('*');
        if (resources.includes('secrets')) expect(verbs).not.toContain('list');
      }
    }
  });

  it('lets a rack write no spec but that of what it makes', () => {
    const writes = rack.cluster.filter(({ verbs }) =>
      verbs.some((verb) => ['update', 'delete'].includes(verb)),
    );
    expect(writes).toEqual([]);
  });
});

/** Names of metrics and their labels, from the reference, which a test of its own keeps current. */
function knownMetrics(): Map<string, string[]> {
  const reference = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
  const rows = reference.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]+) \|/gm);
  return new Map(
    [...rows].flatMap(([, name = '', type, labels = '']) => {
      const own = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
      return type === 'histogram'
        ? [
            [`${name}_bucket`, [...own, 'le']] as const,
            [`${name}_sum`, own] as const,
            [`${name}_count`, own] as const,
          ]
        : [[name, own] as const];
    }),
  );
}

const queries: [string, string][] = [
  ...alerts().groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr])),
  ...dashboard().panels.flatMap((panel) =>
    'targets' in panel ? panel.targets.map(({ expr }): [string, string] => [panel.title, expr]) : [],
  ),
];

describe('alerts and dashboards', () => {
  const metrics = knownMetrics();

  it.each(queries)('%s asks for metrics and labels that exist', (_name, expr) => {
    const names = expr.match(/\b(?:metalwright|process|nodejs)_\w+/g) ?? [];
    expect(names.filter((name) => !metrics.has(name))).toEqual([]);
    expect(names).not.toEqual([]);
    const labels = new Set(['instance', ...names.flatMap((name) => metrics.get(name) ?? [])]);
    const asked = [...expr.matchAll(/by \(([^)]*)\)|(\w+)(?:=|!=)~?"/g)].flatMap(([, group, label = '']) =>
      group === undefined ? [label] : group.split(',').map((word) => word.trim()),
    );
    expect(asked.filter((label) => !labels.has(label))).toEqual([]);
  });

  it('have a name of their own each', () => {
    const names = alerts().groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(new Set(names).size).toBe(names.length);
  });
});
