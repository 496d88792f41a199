import { isRecord } from '../../kube/json.ts';

/** Where something is in an object: `spec.pool`, `metadata.labels.rack`, `status.conditions.Ready` (the status of a condition). */
export type FieldPath = readonly string[];

export const fieldPathPattern = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+){0,7}$/;

export function parseFieldPath(text: string): FieldPath {
  return text.split('.');
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Whether one of the scalars at a path is as `holds` wants it; in arrays, those of every element. Ends at the first that is. */
export function someScalarAt(
  object: unknown,
  path: FieldPath,
  holds: (scalar: Scalar) => boolean,
  from = 0,
): boolean {
  let value = object;
  for (let at = from; ; at += 1) {
    if (Array.isArray(value)) {
      const next = at;
      return value.some((element: unknown) => someInElement(element, path, holds, next));
    }
    const step = path[at];
    if (step === undefined) return isScalar(value) && holds(value);
    if (!isRecord(value) || !Object.hasOwn(value, step)) return false;
    value = value[step];
  }
}

function someInElement(
  element: unknown,
  path: FieldPath,
  holds: (scalar: Scalar) => boolean,
  from: number,
): boolean {
  // A list of conditions is a map by their types.
  if (isRecord(element) && path[from - 1] === 'conditions') {
    if (element.type !== path[from]) return false;
    return someScalarAt(element, from + 1 < path.length ? path : [...path, 'status'], holds, from + 1);
  }
  return someScalarAt(element, path, holds, from);
}

/** The scalars at a path; in arrays, those of every element. */
export function scalarsAt(object: unknown, path: FieldPath): Scalar[] {
  const found: Scalar[] = [];
  someScalarAt(object, path, (scalar) => {
    found.push(scalar);
    return false;
  });
  return found;
}

/** What a list is sorted by: the first scalar at a path, or undefined. */
export function sortValueAt(object: unknown, path: FieldPath): Scalar | undefined {
  let first: Scalar | undefined;
  someScalarAt(object, path, (scalar) => {
    first = scalar;
    return true;
  });
  return first;
}

/** Order of two values: numbers by size, texts by code units, numbers before texts, and what is missing last. */
export function compareValues(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number') return -1;
  if (typeof b === 'number') return 1;
  const left = String(a);
  const right = String(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
