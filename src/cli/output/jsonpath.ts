import { isRecord } from '../../kube/json.ts';
import { type Operator, type Part, parsePath, parseTemplate, type Step } from './jsonpath-parse.ts';

/**
 * A template of kubectl's JSONPath, filled in with an object. Fields that are not there leave nothing behind; several
 * values stand side by side with a space between.
 */
export function fillTemplate(parts: readonly Part[], value: unknown): string {
  return parts
    .map((part) => {
      if (part.kind === 'Text') return part.text;
      const found = select(part.steps, value);
      if (part.kind === 'Path') return found.map(textOf).join(' ');
      const each = found.length === 1 && Array.isArray(found[0]) ? found[0] : found;
      return each.map((item) => fillTemplate(part.body, item)).join('');
    })
    .join('');
}

/** Compiles a template. Throws DecodeError. */
export function template(text: string): (value: unknown) => string {
  const parts = parseTemplate(text);
  return (value) => fillTemplate(parts, value);
}

/** Compiles the path of a printer column: answers the values that it leads to. Throws DecodeError. */
export function path(text: string): (value: unknown) => unknown[] {
  const steps = parsePath(text);
  return (value) => select(steps, value);
}

function select(steps: readonly Step[], value: unknown): unknown[] {
  let found: unknown[] = [value];
  for (const step of steps)
    found = found.flatMap((each) => take(step, each)).filter((each) => each !== undefined);
  return found;
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'Member':
      return [memberOf(value, step.name)];
    case 'Members':
      return step.names.map((name) => memberOf(value, name));
    case 'Every':
      return childrenOf(value);
    case 'Deep':
      return [memberOf(value, step.name), ...childrenOf(value).flatMap((child) => take(step, child))];
    case 'Indexes':
      return Array.isArray(value) ? step.at.map((index) => value.at(index)) : [];
    case 'Slice':
      return Array.isArray(value)
        ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0)
        : [];
    case 'Filter':
      return childrenOf(value).filter((child) => {
        const [found] = select(step.path, child);
        if (step.operator === undefined) return found !== undefined;
        return found !== undefined && compares(step.operator, found, step.value);
      });
  }
}

function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function compares(operator: Operator, found: unknown, wanted: string | number | boolean | null): boolean {
  if (operator === '==') return found === wanted;
  if (operator === '!=') return found !== wanted;
  const order =
    typeof found === 'number' && typeof wanted === 'number'
      ? found - wanted
      : typeof found === 'string' && typeof wanted === 'string'
        ? found < wanted
          ? -1
          : Number(found > wanted)
        : Number.NaN;
  if (operator === '<') return order < 0;
  if (operator === '>') return order > 0;
  return operator === '<=' ? order <= 0 : order >= 0;
}

/** Texts as they are, all else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
