import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../src/api/crd/kinds.ts';
import { healthConditions } from '../../src/api/machine/health.ts';
import { policyConditions } from '../../src/api/machine/policy.ts';
import { allocationReasons } from '../../src/controllers/allocation/reasons.ts';
import { machineReasons } from '../../src/controllers/machine/reasons.ts';
import { healthChecks, healthChecksFile } from './files.ts';
import { healthRules } from './health-rules.ts';

const path = join(import.meta.dirname, '../../docs/examples/gitops/argocd/health-checks.yaml');

describe('the health checks for Argo CD', () => {
  it('are current: node images/gitops/generate.ts', () => {
    expect(readFileSync(path, 'utf8')).toBe(healthChecksFile());
  });

  it('are there for every kind', () => {
    const keys = kinds.map(({ group, kind }) => `resource.customizations.health.${group}_${kind}`);
    expect(Object.keys(healthChecks()).sort()).toEqual(keys.sort());
  });

  it('name reasons and conditions that there are', () => {
    const known = new Set([
      ...Object.keys(machineReasons),
      ...Object.keys(allocationReasons),
      'TotalReached',
    ]);
    const waits = Object.values(healthRules).flatMap((rules) => rules.waits ?? []);
    expect(waits.filter((reason) => !known.has(reason))).toEqual([]);
    const types = new Set<string>([
      ...policyConditions,
      ...healthConditions,
      'PowerAsExpected',
      'ForeignDHCP',
    ]);
    const named = Object.values(healthRules).flatMap(({ degrades = [] }) => degrades.map(({ type }) => type));
    expect(named.filter((type) => !types.has(type))).toEqual([]);
  });

  it('know the fields that they ask for', () => {
    for (const kind of kinds)
      for (const field of healthRules[kind.kind]?.aside ?? [])
        expect(JSON.stringify(kind.properties.spec?.toJSONSchema({ io: 'input' }))).toContain(`"${field}"`);
  });
});
