import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BootProgress } from '../../api/machine/boot.ts';
import { TaskResult } from '../../api/machine/task.ts';
import { Inventory, TestRecord } from '../../api/machine-inventory/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Logger } from '../../log/logger.ts';
import { seal, syncDirectory, unseal, writeFileAtomically } from '../disk/sealed-file.ts';

const uid = z
  .string()
  .optional()
  .describe('Of the machine at that time: another of its name is another machine.');

/** One thing that the API server is to be told of a machine. */
export const OutboxEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('Boot'), uid, report: BootProgress.omit({ rack: true }) }),
  z.object({
    kind: z.literal('Inventory'),
    uid,
    inventory: Inventory,
    keep: z.array(z.enum(['nics', 'disks'])).optional(),
  }),
  z.object({ kind: z.literal('Tests'), uid, tests: z.array(TestRecord) }),
  z.object({ kind: z.literal('Result'), uid, report: TaskResult }),
]);
export type OutboxEntry = z.infer<typeof OutboxEntry>;

const OutboxFile = z.object({
  version: z.literal(1),
  machine: z.string().min(1),
  entries: z.array(OutboxEntry).min(1),
});

/** Where what waits for the API server is kept: a file a machine, there only while something waits. */
export interface OutboxFiles {
  /** What an earlier process left. A damaged file is put aside and named in the log. */
  load(): Promise<Map<string, OutboxEntry[]>>;
  /** Resolves when it is on disk; without entries the file goes. */
  save(machine: string, entries: readonly OutboxEntry[]): Promise<void>;
}

export function createOutboxFiles(directory: string, log: Logger): OutboxFiles {
  const present = new Set<string>();
  const pathOf = (machine: string): string => join(directory, fileName(machine));

  async function read(path: string): Promise<z.infer<typeof OutboxFile> | undefined> {
    try {
      const parsed = OutboxFile.safeParse(unseal(await readFile(path, 'utf8')));
      if (parsed.success) return parsed.data;
      throw new DecodeError(z.prettifyError(parsed.error));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      await rename(path, `${path}.damaged`);
      log.error({ path: `${path}.damaged`, problem: messageOf(error) }, 'a damaged report was put aside');
      return undefined;
    }
  }

  return {
    async load() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const found = new Map<string, OutboxEntry[]>();
      for (const name of await readdir(directory)) {
        if (!name.endsWith('.json')) continue;
        const file = await read(join(directory, name));
        if (file === undefined) continue;
        found.set(file.machine, file.entries);
        present.add(file.machine);
      }
      return found;
    },
    async save(machine, entries) {
      if (entries.length > 0) {
        present.add(machine);
        await writeFileAtomically(pathOf(machine), seal({ version: 1, machine, entries }));
      } else if (present.has(machine)) {
        await rm(pathOf(machine), { force: true });
        await syncDirectory(directory);
        present.delete(machine);
      }
    },
  };
}

/** The name of an object may be as long as that of a file, which has an ending besides. */
function fileName(machine: string): string {
  const name = machine.length <= 200 ? machine : createHash('sha256').update(machine).digest('hex');
  return `${name}.json`;
}
