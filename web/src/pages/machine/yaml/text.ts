import { parseDocument, stringify } from 'yaml';
import type { Machine } from '../../../../../src/api/machine/schema.ts';

/** What of a machine a person may change: all but what programs write. */
export function editableText({ apiVersion, kind, metadata, spec }: Machine): string {
  const { name, labels, annotations } = metadata;
  return stringify({ apiVersion, kind, metadata: { name, labels, annotations }, spec }, { lineWidth: 0 });
}

/** What programs write of it. */
export function statusText({ status }: Machine): string {
  return stringify(status ?? {}, { lineWidth: 0 });
}

/** What was typed, as an object or as what is wrong with it. */
export type Parsed = { object: Record<string, unknown> } | { problem: string };

/** @param name of the machine: what was typed has to be it */
export function parseText(text: string, name: string): Parsed {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) return { problem: error.message };
  const object: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isRecord(object) || !isRecord(object.metadata) || !isRecord(object.spec)) {
    return { problem: 'A machine has metadata and spec.' };
  }
  if (object.metadata.name !== name) return { problem: `metadata.name: it is ${name}, and stays so.` };
  return { object };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
