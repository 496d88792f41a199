import { isRecord } from '../../../src/kube/json.ts';
import { makeHelm } from './helm.ts';
import type { Files } from './postgresql-pod.ts';
import { valuesMatrix } from './values-matrix.ts';

/** Of all objects of the chart's PostgreSQL. */
export const name = 'mw-metalwright-postgresql';
const helm = makeHelm();

/** Every object that the chart makes with a row of the matrix. */
export async function rendered(sentence: string): Promise<Record<string, unknown>[]> {
  const [, values = {}] = valuesMatrix.find(([known]) => known === sentence) ?? [];
  const objects: unknown[] = await helm.template({ ...values, crds: { enabled: false } });
  return objects.filter(isRecord);
}

/** One of them. */
export const named = (objects: readonly Record<string, unknown>[], kind: string, wanted: string) =>
  objects.find(
    (object) => object.kind === kind && isRecord(object.metadata) && object.metadata.name === wanted,
  );

/** The files that a ConfigMap or a Secret is mounted as. */
export function filesOf(
  object: Record<string, unknown> | undefined,
  decode: (text: string) => string,
): Files {
  if (!isRecord(object?.data)) throw new TypeError('no data');
  return Object.fromEntries(Object.entries(object.data).map(([key, text]) => [key, decode(String(text))]));
}
export const plain = (text: string): string => text;
export const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString();
