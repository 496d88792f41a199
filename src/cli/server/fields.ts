import type { Column } from '../kinds.ts';
import { parsePath, type Step } from '../output/jsonpath-parse.ts';

/** What the server takes at most. */
const most = { fields: 32, steps: 8, characters: 1024 };

const name = /^[A-Za-z0-9_-]+$/;

/**
 * The fields of objects that a table needs, as the REST API is asked for them: of `.status.conditions[?(@.type=="Ready")].reason`,
 * `status.conditions.Ready.reason`.
 *
 * @param wide columns of lower priority, too
 * @returns separated by commas; undefined: more than the server picks out, so whole objects are asked for
 */
export function fieldsOf(columns: readonly Column[], wide: boolean): string | undefined {
  const shown = columns.filter(({ priority }) => wide || priority === 0);
  const paths = shown.map(({ jsonPath }) => fieldOf(parsePath(jsonPath)));
  const fields = [...new Set(['metadata.name', ...paths])];
  const text = fields.join(',');
  const fits = fields.length <= most.fields && text.length <= most.characters && !fields.includes('');
  return fits ? text : undefined;
}

/** As far as the server understands it: what is above a field has the field in it. */
function fieldOf(steps: readonly Step[]): string {
  const path: string[] = [];
  for (const step of steps) {
    if (path.length === most.steps) break;
    if (step.kind === 'Member' && name.test(step.name)) path.push(step.name);
    else if (step.kind === 'Filter') {
      const type = conditionType(step);
      if (type === undefined || path.at(-1) !== 'conditions') break;
      path.push(type);
    } else if (step.kind !== 'Indexes' && step.kind !== 'Slice') break;
  }
  return path.join('.');
}

function conditionType({ path, operator, value }: Extract<Step, { kind: 'Filter' }>): string | undefined {
  const [by, ...more] = path;
  const isType = by?.kind === 'Member' && by.name === 'type' && more.length === 0 && operator === '==';
  return isType && typeof value === 'string' && /^[A-Z][A-Za-z0-9_-]*$/.test(value) ? value : undefined;
}
