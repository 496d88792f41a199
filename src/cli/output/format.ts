import { DecodeError } from '../../errors/decode-error.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { CliError } from '../errors.ts';
import { template } from './jsonpath.ts';

/** What `-o` says. */
export type Format =
  | { kind: 'table'; wide: boolean }
  | { kind: 'json' | 'yaml' | 'name' }
  | { kind: 'jsonpath'; fill: (value: unknown) => string };

export const formatNames = ['table', 'wide', 'json', 'yaml', 'name', 'jsonpath='] as const;

/** @param text of `-o`; undefined: a table. @throws CliError usage */
export function parseFormat(text: string | undefined): Format {
  const [, name, , rest] = /^([a-z]+)(=(.*))?$/s.exec(text ?? 'table') ?? [];
  if (rest === undefined || name === 'jsonpath') {
    if (name === 'table' || name === 'wide') return { kind: 'table', wide: name === 'wide' };
    if (name === 'json' || name === 'yaml' || name === 'name') return { kind: name };
    if (name === 'jsonpath' && rest !== undefined) {
      try {
        return { kind: 'jsonpath', fill: template(rest) };
      } catch (error) {
        if (error instanceof DecodeError) throw new CliError('usage', `-o jsonpath: ${error.message}`);
        throw error;
      }
    }
  }
  throw new CliError('usage', `-o ${text}: there is no such format`, `formats: ${formatNames.join(', ')}`);
}

/** Objects in any format but a table. @param one the object alone, not a list of one */
export async function renderObjects(
  objects: readonly KubeObject[],
  format: Exclude<Format, { kind: 'table' }>,
  one: boolean,
): Promise<string> {
  if (format.kind === 'name') return objects.map((object) => `${nameOf(object)}\n`).join('');
  const clean = objects.map(withoutManagedFields);
  const whole = one ? clean[0] : { apiVersion: 'v1', kind: 'List', metadata: {}, items: clean };
  if (format.kind === 'jsonpath') return format.fill(whole);
  return format.kind === 'json' ? `${JSON.stringify(whole, undefined, 2)}\n` : await toYaml(whole);
}

/** Block style, long texts in one line, so that a diff shows what changed. */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** `machine.metalwright.dev/r2-17`, as `kubectl` takes it. */
export function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const [group, version] = apiVersion.split('/');
  return `${kind.toLowerCase()}${version === undefined ? '' : `.${group}`}/${metadata.name}`;
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
