import { isDeepStrictEqual } from 'node:util';
import {
  type BootImage,
  type BootImageStatus,
  bootImageKind,
  type ImportedArtifact,
} from '../../api/boot-image/schema.ts';
import { type ConditionUpdate, mergeConditions, readiness } from '../../api/conditions.ts';
import type { Condition } from '../../api/fields.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { ControllerDeps } from '../shared/small-controller.ts';

/** Of server-side apply: everything of a BootImage's status but the racks that hold it. */
const fieldManager = 'metalwright-boot-image';

type Part = Pick<BootImageStatus, 'artifacts' | 'progress' | 'importedAt'>;

/** The account of one import, written into the image's status in order. */
export interface ImportReport {
  /**
   * Resolves when it is written, and everything before it. What is there already is not written again.
   * @param ready of the condition Ready: Unknown while nothing is decided. Errors: NotFound, Conflict when the image is another.
   */
  write(part: Part, ready: Condition['status'], conditions: readonly ConditionUpdate[]): Promise<void>;
  /** Left out while another write is under way; a failure is only logged. */
  progress(role: ImportedArtifact['role'], progress: NonNullable<BootImageStatus['progress']>): void;
}

/** @param kept what of earlier imports stays usable until this one is through */
export function createImportReport(
  image: BootImage,
  kept: readonly ImportedArtifact[],
  { client, clock, fence, log }: Pick<ControllerDeps, 'client' | 'clock' | 'fence' | 'log'>,
): ImportReport {
  const { name, uid, generation } = image.metadata;
  const { racks: _racks, ...present } = image.status ?? {};
  let written: unknown = present;
  let conditions = image.status?.conditions;
  let underWay: Promise<void> | undefined;

  async function apply(part: Part, ready: Condition['status'], updates: readonly ConditionUpdate[]) {
    const wanted = updates.map((update) => (update.type === 'Ready' ? { ...update, status: ready } : update));
    const merged = mergeConditions(conditions, wanted, generation, clock.now());
    const status = withoutUndefined({
      ...(kept.length === 0 ? {} : { artifacts: [...kept] }),
      ...part,
      observedGeneration: generation,
      conditions: merged,
    });
    if (isDeepStrictEqual(status, written)) return;
    fence.assertHeld();
    await client.applyStatus(bootImageKind, { metadata: { name, uid }, status }, { fieldManager });
    written = status;
    conditions = merged;
  }

  return {
    async write(part, ready, updates) {
      await underWay;
      await apply(part, ready, updates);
    },
    progress(role, progress) {
      if (underWay !== undefined) return;
      const message = `reads ${role}: ${progress.percent === undefined ? `${progress.bytes} bytes` : `${progress.percent} %`}`;
      underWay = apply({ progress }, 'Unknown', readiness('Reconciling', 'Importing', message))
        .catch((error: unknown) =>
          log.debug({ image: name, error: messageOf(error) }, 'progress was not written'),
        )
        .finally(() => {
          underWay = undefined;
        });
    },
  };
}

/** As JSON carries it: members that are undefined are not there. */
function withoutUndefined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
