import { type Invalid, row } from './invalid-row.ts';

const atLeastOne = 'names at least one of';

/** Approval policies, zones, pools, quotas and tags that the API server itself must refuse when they are created. */
export const invalidPolicies: readonly Invalid[] = [
  row('no rule', 'approvalpolicy', 'spec.rules', [], 'spec.rules', 'at least 1 items'),
  row('a rule that names nothing', 'approvalpolicy', 'spec.rules.0', {}, 'spec.rules[0]', atLeastOne),
  row(
    'half a byte of a MAC address',
    'approvalpolicy',
    'spec.rules.1.macPrefixes.0',
    'b0:7',
    'spec.rules[1].macPrefixes[0]',
  ),
  row(
    'a star in the middle',
    'approvalpolicy',
    'spec.rules.0.products.0',
    'Power*R650',
    'spec.rules[0].products[0]',
  ),
  row('a limit of none', 'approvalpolicy', 'spec.limits.perHour', 0, 'spec.limits.perHour'),
  row('a zone with a dot in its name', 'zone', 'metadata.name', 'row.7', 'without dots'),
  row('a pool with a long name', 'pool', 'metadata.name', 'a'.repeat(64), 'at most 63 letters'),
  row(
    'a kernel argument with a quote',
    'pool',
    'spec.kernelArguments.0',
    'a="b c"',
    'spec.kernelArguments[0]',
  ),
  row('a quota that limits nothing', 'allocationquota', 'spec.limits', {}, 'spec.limits', atLeastOne),
  row('a quota below nothing', 'allocationquota', 'spec.limits.machines', -1, 'spec.limits.machines'),
  row('a tag with a long name', 'tag', 'metadata.name', 'a'.repeat(64), 'at most 63 letters'),
  row('an expression of many letters', 'tag', 'spec.expression', 'x'.repeat(1025), 'spec.expression', '1024'),
];
