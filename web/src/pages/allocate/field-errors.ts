import type { FieldProblem } from '../../api/problem.ts';
import type { FieldErrors, FieldName } from './form.ts';

/** Fields of the form by the beginning of the path of what the server finds wrong; the longest that fits counts. */
const fields: readonly (readonly [path: string, field: FieldName])[] = [
  ['spec.constraints.architecture', 'architecture'],
  ['spec.constraints.cores', 'cores'],
  ['spec.constraints.memoryMiB', 'memory'],
  ['spec.constraints.nics', 'nics'],
  ['spec.constraints.tags', 'tags'],
  ['spec.constraints.notTags', 'notTags'],
  ['spec.constraints.zone', 'zone'],
  ['spec.constraints.pool', 'pool'],
  ['spec.constraints.machine', 'machine'],
  ['spec.image', 'image'],
  ['spec.hostname', 'hostname'],
  ['spec.sshKeys', 'sshKeys'],
  ['spec.userDataSecret', 'userDataSecret'],
  ['spec.erase', 'erase'],
  ['metadata.name', 'name'],
  ['metadata.namespace', 'namespace'],
];

/** What the server finds wrong, at the fields of the form; what belongs to none is in `rest`. */
export function fieldErrorsOf(problems: readonly FieldProblem[]): {
  errors: FieldErrors;
  rest: FieldProblem[];
} {
  const errors: FieldErrors = {};
  const rest: FieldProblem[] = [];
  for (const problem of problems) {
    const field = fieldAt(problem.field.replace(/^body\./, ''));
    if (field === undefined) rest.push(problem);
    else errors[field] ??= problem.message;
  }
  return { errors, rest };
}

function fieldAt(path: string): FieldName | undefined {
  const [, disk] = /^spec\.constraints\.disks(?:\[|\.)(\d+)/.exec(path) ?? [];
  if (disk !== undefined) return `disks.${Number(disk)}`;
  return fields.find(
    ([start]) => path === start || new RegExp(`^${start.replaceAll('.', '\\.')}[.[]`).test(path),
  )?.[1];
}
