import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take a minute or more, the longest first; those that compute or emulate a processor take turns with those that wait. What was
 * begun last would otherwise keep everybody waiting in the end.
 */
const long = [
  ...['crashes/crashes', 'controllers/timeline', 'firmware/firmware', 'model/model'],
  ...['agent/rescue', 'rack-process/autonomy', 'web/web', 'rack-process/operations'],
  ...['virtual-media/virtual-media', 'controllers-network/networks', 'agent/ephemeral-os', 'cli/cli'],
  ...['faults/dhcp', 'crashes/disturbances', 'server/schemathesis', 'server/every-operation'],
];

function rankOf({ moduleId }: TestSpecification): number {
  const rank = long.findIndex((name) => moduleId.endsWith(`test/integration/${name}.test.ts`));
  return rank === -1 ? long.length : rank;
}

/** On a computer that has never run the tests nothing else tells how long a file takes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
