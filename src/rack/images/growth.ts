import type { FileGrowth } from './ports.ts';

/** The writing end of a `FileGrowth`. */
export interface Growing {
  growth: FileGrowth;
  /** So many bytes from the beginning may be read. */
  advance(bytes: number): void;
  /** Nothing more will come to who reads now. */
  fail(): void;
}

/** Tells readers of a file that is being written how far they may read. */
export function createGrowth(): Growing {
  const waiting = new Set<{ position: number; resolve(there: number): void }>();
  let there = 0;
  let failed = false;

  function tell(): void {
    for (const reader of waiting) {
      if (!failed && there <= reader.position) continue;
      waiting.delete(reader);
      reader.resolve(failed ? 0 : there);
    }
  }

  return {
    growth: {
      beyond(position) {
        if (failed) return 0;
        if (there > position) return there;
        return new Promise((resolve) => {
          waiting.add({ position, resolve });
        });
      },
    },
    advance(bytes) {
      there = bytes;
      tell();
    },
    fail() {
      failed = true;
      tell();
    },
  };
}
