import { stringify } from 'yaml';
import { type AnyKind, customResourceDefinition } from './definition.ts';
import { kinds } from './kinds.ts';

/** A generated file, its name relative to `crds/`. */
export interface GeneratedFile {
  name: string;
  content: string;
}

/** YAML 1.1, so that `On` and `Off` are quoted: to kubectl they would be booleans. */
const yamlOptions = { version: '1.1', lineWidth: 110, aliasDuplicateObjects: false } as const;

/** The files that `crds/` consists of, sorted by name; nothing else belongs there. */
export function renderCrds(): GeneratedFile[] {
  return kinds.map(renderCrd).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function renderCrd(kind: AnyKind): GeneratedFile {
  const yaml = stringify(customResourceDefinition(kind), yamlOptions);
  return {
    name: `${kind.group}_${kind.plural}.yaml`,
    content: `# Generated from src/api/ by \`npm run crds\`.\n---\n${yaml}`,
  };
}
