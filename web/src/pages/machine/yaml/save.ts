import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { request } from '../../../api/client.ts';
import { isConflict } from '../../../api/problem.ts';
import { objectPath } from '../../../api/resources.ts';
import { editableText, parseText } from './text.ts';

/** What came of a try to save: `changed`: another has changed in the meantime what this text is made from. */
export type Saved =
  | { outcome: 'saved'; machine: Machine }
  | { outcome: 'changed'; theirs: Machine }
  | { outcome: 'unreadable'; problem: string };

/** Programs write to the status all the time: such a conflict is no conflict of what people write, and is tried again. */
const mostTries = 5;

/** The API, for tests. */
export interface MachineApi {
  read(name: string): Promise<Machine>;
  replace(name: string, object: object, dryRun: boolean): Promise<Machine>;
}

export const machineApi: MachineApi = {
  read: (name) => request(objectPath('machines', name)),
  replace: (name, object, dryRun) =>
    request(objectPath('machines', name), {
      method: 'PUT',
      query: { dryRun: dryRun || undefined },
      body: object,
    }),
};

/**
 * Puts what was typed in the place of the machine, when that is still what the text was made from.
 *
 * @param base the text that editing began with
 * @param options.dryRun the server checks everything and stores nothing
 */
export async function save(
  name: string,
  { text, base }: { text: string; base: string },
  { dryRun }: { dryRun: boolean },
  api: MachineApi = machineApi,
): Promise<Saved> {
  const parsed = parseText(text, name);
  if ('problem' in parsed) return { outcome: 'unreadable', problem: parsed.problem };
  for (let tries = 1; ; tries += 1) {
    const present = await api.read(name);
    if (editableText(present) !== base) return { outcome: 'changed', theirs: present };
    const { metadata } = parsed.object;
    const { resourceVersion } = present.metadata;
    const object = {
      ...parsed.object,
      metadata: { ...(typeof metadata === 'object' ? metadata : {}), resourceVersion },
    };
    try {
      return { outcome: 'saved', machine: await api.replace(name, object, dryRun) };
    } catch (error) {
      if (!isConflict(error) || tries === mostTries) throw error;
    }
  }
}
