import {
  type BootImage,
  type BootImageStatus,
  bootImageKind,
  type ImportedArtifact,
} from '../../api/boot-image/schema.ts';
import { type ConditionUpdate, isTrue, mergeConditions, readiness } from '../../api/conditions.ts';
import { apiVersion } from '../../api/meta.ts';
import { CodedError } from '../../errors/coded-error.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController } from '../shared/small-controller.ts';
import { importArtifact } from './import.ts';

const manager = 'metalwright-boot-image';
/** Between two writes of the progress. */
const progressEveryMs = 3_000;
/** After a failure that only a person mends, look again this late. */
const stalledRetryMs = 600_000;

/** Whether all of the image as its spec is now has been imported. */
export function isImported({ metadata, spec, status }: BootImage): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    isTrue(status?.conditions, 'Ready') &&
    spec.artifacts.every((artifact) => status?.artifacts?.some((imported) => imported.role === artifact.role))
  );
}

/** Reads images from their sources, pins their digests and says how far it is. */
export function createBootImageController(
  deps: ControllerDeps & { imageDirectories: readonly string[] },
): Controller {
  const { images } = deps.informers;
  return fencedController(
    deps,
    'boot-image',
    async (name, signal) => {
      const image = images.get(name);
      if (image === undefined || isImported(image)) return undefined;
      try {
        await importAll(image, deps, signal);
        return undefined;
      } catch (error) {
        if (!(error instanceof CodedError) || signal.aborted) throw error;
        await write(image, deps, { artifacts: undefined }, readiness('Stalled', error.code, error.message));
        return { requeueAfterMs: error.retryable ? 15_000 : stalledRetryMs };
      }
    },
    (controller) => [
      images.onChange(({ object, previous }) => {
        if (object.metadata.generation !== previous?.metadata.generation)
          controller.enqueue(object.metadata.name);
      }),
    ],
    2,
  );
}

async function importAll(
  image: BootImage,
  deps: ControllerDeps & { imageDirectories: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const artifacts: ImportedArtifact[] = [];
  for (const artifact of image.spec.artifacts) {
    let reportedAt = 0;
    let writing: Promise<void> = Promise.resolve();
    const progress = (bytes: number, totalBytes: number | undefined): void => {
      if (deps.clock.now() - reportedAt < progressEveryMs) return;
      reportedAt = deps.clock.now();
      const percent =
        totalBytes === undefined || totalBytes === 0 ? undefined : Math.floor((bytes / totalBytes) * 100);
      writing = write(
        image,
        deps,
        { progress: { bytes, totalBytes, percent } },
        readiness('Reconciling', 'Importing', `reads ${artifact.role}: ${percent ?? '?'} %`),
      ).catch(() => undefined);
    };
    artifacts.push(
      await importArtifact(artifact, { imageDirectories: deps.imageDirectories, progress }, signal),
    );
    await writing;
  }
  const bytes = artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0);
  await write(
    image,
    deps,
    {
      artifacts,
      progress: { bytes, totalBytes: bytes, percent: 100 },
      importedAt: new Date(deps.clock.now()).toISOString(),
    },
    readiness('Ready', 'Imported', `${(bytes / 1024 / 1024).toFixed(0)} MiB`),
  );
  deps.events.event(
    { apiVersion, kind: 'BootImage', name: image.metadata.name, uid: image.metadata.uid },
    'Normal',
    'Imported',
    `${artifacts.map((artifact) => `${artifact.role} ${artifact.digest}`).join(', ')}`,
  );
}

async function write(
  image: BootImage,
  deps: ControllerDeps,
  part: Partial<BootImageStatus>,
  conditions: readonly ConditionUpdate[],
): Promise<void> {
  deps.fence.assertHeld();
  const { name, uid, generation } = image.metadata;
  await deps.client.applyStatus(
    bootImageKind,
    {
      metadata: { name, uid },
      status: {
        ...part,
        observedGeneration: generation,
        conditions: mergeConditions(image.status?.conditions, conditions, generation, deps.clock.now()),
      },
    },
    { fieldManager: manager },
  );
}
