import { z } from 'zod';
import { ServerError } from './errors.ts';

/** A part of an answer that is left out, and why. */
export const MissingPart = z.object({
  part: z.string(),
  reason: z
    .enum(['Forbidden', 'NotFound', 'Unavailable'])
    .describe('Forbidden: you may not read it. NotFound: there is none. Unavailable: it cannot be had now.'),
  detail: z.string(),
});
export type MissingPart = z.infer<typeof MissingPart>;

/** Gathers the parts of an answer: what the caller may not read is left out, and named. */
export function createParts() {
  const missing: MissingPart[] = [];
  return {
    missing,
    /** Undefined, and a row of `missing`, when the part is forbidden. Errors: what is no matter of rights. */
    async of<T>(part: string, read: () => Promise<T>): Promise<T | undefined> {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof ServerError) || error.code !== 'Forbidden') throw error;
        missing.push({ part, reason: 'Forbidden', detail: error.message });
        return undefined;
      }
    },
    without(part: string, detail: string): undefined {
      missing.push({ part, reason: 'NotFound', detail });
      return undefined;
    },
  };
}
