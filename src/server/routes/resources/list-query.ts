import { z } from 'zod';
import { serverError } from '../../errors.ts';
import { parseFieldSelector, parseLabelSelector, type Term } from '../../list/filter.ts';
import type { SortKey } from '../../list/page.ts';
import { type FieldPath, fieldPathPattern, parseFieldPath } from '../../list/paths.ts';

const path = fieldPathPattern.source.slice(1, -1);

/** A list of paths, separated by commas; at most 32. */
const FieldList = z
  .string()
  .max(1024)
  .regex(new RegExp(`^${path}(,${path}){0,31}$`), 'paths of fields, separated by commas');

/** Which objects, by their labels and fields. */
export const Selectors = {
  labelSelector: z
    .string()
    .max(1024)
    .optional()
    .describe('Terms on labels that must all hold, separated by commas: rack=a, tier!=test, gpu, !old.'),
  fieldSelector: z
    .string()
    .max(1024)
    .optional()
    .describe(
      'Terms on any field that must all hold: spec.pool=default, status.phase!=Ready, status.conditions.Ready=True. A list equals what one of its elements equals.',
    ),
};

/** The query of every list. */
export const ListQuery = z.strictObject({
  ...Selectors,
  q: z
    .string()
    .max(256)
    .optional()
    .describe(
      'Words that must all be in the name, the addresses, the hardware or the labels; case does not matter.',
    ),
  sort: z
    .string()
    .max(512)
    .regex(new RegExp(`^-?${path}(,-?${path}){0,3}$`), 'up to four paths of fields, separated by commas')
    .optional()
    .describe(
      'Up to four fields, - before one for descending: spec.pool,-metadata.creationTimestamp. Default: by name.',
    ),
  fields: FieldList.optional().describe(
    'Only these fields of each object; what names it is always there. status.conditions.Ready is the condition of that type.',
  ),
  limit: z
    .string()
    .regex(/^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$/, 'a number from 1 to 500')
    .optional()
    .describe('How many objects a page has: 1 to 500. Default: 100.'),
  cursor: z
    .string()
    .max(8192)
    .optional()
    .describe('Where the page begins: next of the page before, with everything else as it was.'),
});

/** The query of one object. */
export const FieldsQuery = z.strictObject({
  fields: FieldList.optional().describe(
    'Only these fields; what names the object is always there. status.conditions.Ready is the condition of that type.',
  ),
});

/** The query of a write. */
export const WriteQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .optional()
    .describe('true: all checks are made and the answer is what would be, but nothing is stored.'),
});

export function parseFields(text: string | undefined): FieldPath[] | undefined {
  return text?.split(',').map(parseFieldPath);
}

/** The terms of both selectors, which must all hold. Errors: BadRequest. */
export function parseSelectors(query: {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}): Term[] {
  const labels = parseLabelSelector(query.labelSelector ?? '');
  if (labels === undefined) throw malformed('labelSelector', 'terms like rack=a, tier!=test, gpu, !old');
  const fields = parseFieldSelector(query.fieldSelector ?? '');
  if (fields === undefined)
    throw malformed('fieldSelector', 'terms like spec.pool=default, status.phase!=Ready');
  return [...labels, ...fields];
}

/** What a list's query asks for. Errors: BadRequest. */
export function parseListQuery(query: z.infer<typeof ListQuery>) {
  const terms = parseSelectors(query);
  const order: SortKey[] = (query.sort?.split(',') ?? []).map((text) => ({
    path: parseFieldPath(text.replace(/^-/, '')),
    descending: text.startsWith('-'),
  }));
  return {
    terms,
    words: (query.q ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ''),
    order,
    fields: parseFields(query.fields),
    limit: Number(query.limit ?? 100),
  };
}

function malformed(name: string, wanted: string) {
  const field = `query.${name}`;
  return serverError('BadRequest', `${field}: ${wanted}`, { errors: [{ field, message: wanted }] });
}
