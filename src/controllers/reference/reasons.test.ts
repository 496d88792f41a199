import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firmwareReasons, hardwareHealthReasons } from '../../api/machine/health.ts';
import { advice, plainReasons } from '../../domain/lifecycle/advice.ts';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { lateReasons } from '../../domain/timeline/reasons.ts';
import { allocationReasons } from '../allocation/reasons.ts';
import { bmcSetupReasons } from '../bmc-setup/reasons.ts';
import { importErrors } from '../boot-image/errors.ts';
import { chassisReasons, nodesPresentReasons } from '../chassis/reasons.ts';
import { availabilityReasons, machineReasons } from '../machine/reasons.ts';
import {
  approvalReasons,
  groupReasons,
  hardwareReasons,
  identityReasons,
  reachabilityReasons,
} from '../machine-policy/reasons.ts';
import { tagReasons } from '../tag/reasons.ts';
import { adviceFor, renderReasons } from './render.ts';

const tables = {
  'Ready, Reconciling and Stalled of a Machine': machineReasons,
  'Available of a Machine': availabilityReasons,
  'Late of a Machine and of its Allocation': lateReasons,
  'BmcSetUp of a Machine': bmcSetupReasons,
  'Approved of a Machine': approvalReasons,
  'IdentityUnique of a Machine': identityReasons,
  'HardwareChanged of a Machine': hardwareReasons,
  'Reachable of a Machine': reachabilityReasons,
  'HardwareHealthy of a Machine': hardwareHealthReasons,
  'FirmwareCurrent of a Machine': firmwareReasons,
  'ZoneAndPoolFound of a Machine': groupReasons,
  ...plainReasons,
  'Ready, Reconciling and Stalled of an Allocation': allocationReasons,
  'Ready and Stalled of a BootImage that cannot be imported': importErrors,
  'Ready and Stalled of a Tag': tagReasons,
  'Ready, Reconciling and Stalled of a Chassis': chassisReasons,
  'NodesPresent of a Chassis': nodesPresentReasons,
};
const reasons = new Set([...Object.keys(failureTable), ...Object.values(tables).flatMap(Object.keys)]);

describe('docs/reference/reasons.md', () => {
  it('is what the tables say; else run vitest with -u', async () => {
    const file = join(import.meta.dirname, '../../../docs/reference/reasons.md');
    await expect(renderReasons(failureTable, tables)).toMatchFileSnapshot(file);
  });

  it('has every reason that a controller gives by name', () => {
    const folder = join(import.meta.dirname, '..');
    const sources = globSync('**/*.ts', { cwd: folder }).filter((file) => !/test\.ts$|testing/.test(file));
    const given = sources.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const pattern = /(?:readiness\(\s*'\w+',\s*|\bstalled\(|\breconciling\(|\bready\()'(\w+)'/g;
      return [...text.matchAll(pattern)].map(([, reason = '']) => `${reason} in ${file}`);
    });
    expect(given.length).toBeGreaterThan(50);
    expect(given.filter((entry) => !reasons.has(entry.split(' ')[0] ?? ''))).toEqual([]);
  });

  it('has no advice for what is no reason', () => {
    expect(Object.keys(advice).filter((reason) => !reasons.has(reason))).toEqual([]);
  });
});

describe('what to do', () => {
  it.each([
    ['Rescue', 'People may log in.', 'Log in as the message says; order ExitRescue to end it.'],
    [
      'X',
      'The BMC has no address. Give it one, then order Commission again.',
      'Give it one, then order Commission again.',
    ],
    ['X', 'There is no Zone of the name: make it.', 'Make it.'],
    ['X', 'The agent writes the image.', 'Nothing.'],
    ['X', 'It has no expression: machines have it by their spec.tags.', 'Nothing.'],
  ])('about %s, which means "%s"', (reason, meaning, expected) => {
    expect(adviceFor(reason, meaning)).toBe(expected);
  });
});
