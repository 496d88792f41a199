import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** From the root of the repository, with forward slashes: `src/kube/client.ts`. */
  path: string;
  text: string;
}

/** Every TypeScript file below the folders, generated and installed ones left out. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.split(sep).includes('node_modules'))
      .map((name) => join(folder, name).replaceAll(sep, '/'))
      .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') })),
  );
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.split('/').includes('testing');
}

/** The modules that a file names in `import`, `export … from` and `import()`; its own files as paths from the root. */
export function importsOf({ path, text }: SourceFile): string[] {
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g)].flatMap(
    ([, specifier]) => specifier ?? [],
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? relative(repository, resolve(repository, dirname(path), specifier)).replaceAll(sep, '/')
      : specifier,
  );
}
