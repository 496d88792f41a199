import type { BootImage } from '../../../../src/api/boot-image/schema.ts';
import type { Tone } from '../../components/badge.tsx';
import { conditionOf } from '../../components/conditions.tsx';
import { wordsOf } from '../../format/phase.ts';

/** Whether an image can be used, as a word with its colour, and why not. */
export function imageState({ metadata, status }: Pick<BootImage, 'metadata' | 'status'>): {
  words: string;
  tone: Tone;
  message: string | undefined;
} {
  if (metadata.deletionTimestamp !== undefined)
    return { words: 'Being deleted', tone: 'busy', message: undefined };
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready === undefined) return { words: 'New', tone: 'quiet', message: undefined };
  if (ready.status === 'True') return { words: 'Ready', tone: 'ok', message: undefined };
  const tone =
    conditionOf(status?.conditions, 'Stalled')?.status === 'True' ||
    /Failed|Invalid|Mismatch/.test(ready.reason);
  return { words: wordsOf(ready.reason), tone: tone ? 'bad' : 'busy', message: ready.message || undefined };
}

/** What it takes on a rack, in bytes; undefined until it is imported. */
export function storedBytes({ status }: Pick<BootImage, 'status'>): number | undefined {
  const { artifacts = [] } = status ?? {};
  return artifacts.length === 0 ? undefined : artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
