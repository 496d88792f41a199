import type { BootImage, ImportedArtifact } from '../../api/boot-image/schema.ts';
import { findCondition, isTrue, readiness } from '../../api/conditions.ts';
import { apiVersion } from '../../api/meta.ts';
import type { CodedError } from '../../errors/coded-error.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { type ControllerDeps, fencedController } from '../shared/small-controller.ts';
import { type ImportErrorCode, isImportError } from './errors.ts';
import { importArtifact } from './import.ts';
import { createImportReport, type ImportReport } from './report.ts';

export interface BootImageControllerDeps extends ControllerDeps {
  /** Resolved directories that files may come from. */
  imageDirectories: readonly string[];
  /** An HTTP source that brings nothing for so long is given up. Default 30 s. */
  stallMs?: number;
  /** Between the first two attempts after a failure that passes by itself; doubled each time. Default 15 s. */
  retryMs?: number;
}

/** Between two writes of the progress, in milliseconds. */
const progressEveryMs = 3_000;
/** The longest wait, and the one after a failure that only a person mends, in milliseconds. */
const longestRetryMs = 600_000;

/** Whether all of the image as its spec is now has been imported. */
export function isImported({ metadata, spec, status }: BootImage): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    isTrue(status?.conditions, 'Ready') &&
    spec.artifacts.every((artifact) => status?.artifacts?.some((imported) => imported.role === artifact.role))
  );
}

/**
 * What was imported for an earlier spec and can still be used while it is read anew: racks verify digests, so it cannot be wrong;
 * only what the spec rules out by another digest is dropped.
 */
export function keptArtifacts({ spec, status }: BootImage): ImportedArtifact[] {
  return (status?.artifacts ?? []).filter((imported) => {
    const wanted = spec.artifacts.find(({ role }) => role === imported.role);
    return wanted !== undefined && (wanted.digest === undefined || wanted.digest === imported.digest);
  });
}

/** When a failed import is tried again, in milliseconds. @param failures in a row, this one included */
export function retryAfter(code: ImportErrorCode, failures: number, firstMs: number): number {
  // Reading a large image again and again would not make it another one; looking for a file costs nothing.
  if (code !== 'SourceFailed' && code !== 'SourceNotFound') return longestRetryMs;
  return Math.min(firstMs * 2 ** Math.min(failures - 1, 20), longestRetryMs);
}

/** Reads images from their sources, pins their digests and says how far it is. */
export function createBootImageController(deps: BootImageControllerDeps): Controller {
  const { images } = deps.informers;
  const { retryMs = 15_000 } = deps;
  const failures = new Map<string, number>();
  const imports = new Map<string, { image: BootImage; ending: AbortController }>();

  function fail(image: BootImage, error: CodedError<ImportErrorCode>) {
    const { name, uid } = image.metadata;
    const count = (failures.get(name) ?? 0) + 1;
    failures.set(name, count);
    if (findCondition(image.status?.conditions, 'Ready')?.reason !== error.code)
      deps.events.event({ apiVersion, kind: 'BootImage', name, uid }, 'Warning', error.code, error.message);
    return { requeueAfterMs: retryAfter(error.code, count, retryMs) };
  }

  async function attempt(image: BootImage, report: ImportReport, signal: AbortSignal): Promise<void> {
    const { name, generation } = image.metadata;
    const ending = new AbortController();
    imports.set(name, { image, ending });
    try {
      if (image.status?.observedGeneration !== generation)
        await report.write({}, 'Unknown', readiness('Reconciling', 'Importing', 'the import begins'));
      await importAll(image, report, deps, AbortSignal.any([signal, ending.signal]));
    } catch (error) {
      // Whatever changed has enqueued it again.
      if (signal.aborted || !(ending.signal.aborted || isKubeError(error, 'NotFound'))) throw error;
    } finally {
      imports.delete(name);
    }
  }

  async function reconcile(name: string, signal: AbortSignal) {
    const image = images.get(name);
    if (image === undefined || isImported(image)) {
      failures.delete(name);
      return undefined;
    }
    const report = createImportReport(image, keptArtifacts(image), deps);
    try {
      await attempt(image, report, signal);
      failures.delete(name);
      return undefined;
    } catch (error) {
      if (signal.aborted || !isImportError(error)) throw error;
      const state = error.retryable ? 'Reconciling' : 'Stalled';
      await report.write({}, 'False', readiness(state, error.code, error.message));
      return fail(image, error);
    }
  }

  return fencedController(
    deps,
    'boot-image',
    reconcile,
    (controller) => [
      images.onChange(({ type, object, previous }) => {
        const { name, uid, generation } = object.metadata;
        if (type === 'Modified' && generation === previous?.metadata.generation) return;
        const running = imports.get(name);
        const isSame =
          running?.image.metadata.uid === uid && running?.image.metadata.generation === generation;
        if (type === 'Deleted' || !isSame) running?.ending.abort();
        // Counted anew: the person may have mended it.
        failures.delete(name);
        controller.enqueue(name);
      }),
    ],
    2,
  );
}

async function importAll(
  image: BootImage,
  report: ImportReport,
  deps: BootImageControllerDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, imageDirectories, stallMs = 30_000 } = deps;
  const wanted = image.spec.artifacts;
  const artifacts: ImportedArtifact[] = [];
  let done = 0;
  let reportedAt = clock.now();
  for (const artifact of wanted) {
    const progress = (bytes: number, totalBytes: number | undefined): void => {
      const now = clock.now();
      if (now - reportedAt < progressEveryMs) return;
      reportedAt = now;
      const part = totalBytes === undefined || totalBytes === 0 ? undefined : bytes / totalBytes;
      const percent =
        part === undefined
          ? undefined
          : Math.min(99, Math.floor(((artifacts.length + part) / wanted.length) * 100));
      report.progress(artifact.role, {
        bytes: done + bytes,
        totalBytes: totalBytes === undefined ? undefined : done + totalBytes,
        percent,
      });
    };
    const imported = await importArtifact(artifact, { imageDirectories, stallMs, progress }, signal);
    artifacts.push(imported);
    done += imported.sizeBytes;
  }
  signal.throwIfAborted();
  await report.write(
    {
      artifacts,
      progress: { bytes: done, totalBytes: done, percent: 100 },
      importedAt: new Date(clock.now()).toISOString(),
    },
    'True',
    readiness('Ready', 'Imported', `${(done / 1024 / 1024).toFixed(1)} MiB`),
  );
  const { name, uid } = image.metadata;
  const digests = artifacts.map(({ role, digest }) => `${role} ${digest}`).join(', ');
  deps.events.event({ apiVersion, kind: 'BootImage', name, uid }, 'Normal', 'Imported', digests);
}
