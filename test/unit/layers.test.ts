import { describe, expect, it } from 'vitest';
import { importsOf, isTest, sourceFiles } from './source-files.ts';

const foundation = ['domain', 'api', 'errors', 'log'];
const middle = [...foundation, 'kube', 'config', 'store', 'metrics'];

/** What the files of each folder of `src/` may import, beside their own folder. A new folder takes its place here. */
const mayImport: Record<string, readonly string[]> = {
  errors: [],
  domain: ['errors'],
  api: ['domain', 'errors'],
  log: ['domain', 'api', 'errors'],
  config: foundation,
  kube: foundation,
  store: foundation,
  metrics: foundation,
  controllers: middle,
  rack: middle,
  server: middle,
  agent: middle,
  cli: middle,
  bin: [...middle, 'controllers', 'rack', 'server', 'agent', 'cli'],
};

/** `kube` of `src/kube/client.ts`; undefined for a package and for what lies outside of `src/`. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

const program = sourceFiles('src').filter(({ path }) => !isTest(path));
const tests = sourceFiles('src').filter(({ path }) => isTest(path));

describe('the layers of src/', () => {
  it('find imports at all', () => {
    const path = 'src/kube/some.ts';
    const text =
      "import { a } from '../log/a.ts';\nexport type { b } from './b.ts';\nawait import('zod');\nimport '../c.ts';";
    expect(importsOf({ path, text })).toEqual(['src/log/a.ts', 'src/kube/b.ts', 'zod', 'src/c.ts']);
    expect(program.length).toBeGreaterThan(100);
  });

  it('have a place for every folder', () => {
    const folders = new Set(program.map(({ path }) => layerOf(path)));
    expect([...folders].filter((folder) => folder === undefined || !(folder in mayImport))).toEqual([]);
  });

  it('import only what lies below them', () => {
    const wrong = program.flatMap((file) => {
      const layer = layerOf(file.path) ?? '';
      const allowed = [layer, ...(mayImport[layer] ?? [])];
      return importsOf(file)
        .filter((target) => /^(src|lab|test|images|bench)\//.test(target))
        .filter((target) => !allowed.includes(layerOf(target) ?? 'outside'))
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('leave programs out of the tests of other layers', () => {
    const wrong = tests.flatMap((file) =>
      importsOf(file)
        .filter((target) => layerOf(target) === 'bin' && layerOf(file.path) !== 'bin')
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep the domain free of packages and of input and output', () => {
    const wrong = program
      .filter(({ path }) => layerOf(path) === 'domain')
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !target.startsWith('src/') && target !== 'node:crypto')
          .map((target) => `${file.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('read the environment in bin and config alone', () => {
    const readers = program.filter(({ text }) =>
      /\bprocess\s*\.\s*env\b|\benv\b[^;]*from 'node:process'/.test(text),
    );
    const wrong = readers.filter(({ path }) => !['bin', 'config'].includes(layerOf(path) ?? ''));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

/** Files of the contract that hold no schema: what they hold may be in a page. */
const withoutSchemas = ['src/api/meta.ts', 'src/api/conditions.ts'];

describe('the web UI', () => {
  const files = sourceFiles('web/src');
  const pages = files.filter(({ path }) => !isTest(path));

  it('imports of the programs only what is pure', () => {
    expect(pages.length).toBeGreaterThan(50);
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => /^(src|lab|test|images|bench)\//.test(target))
        .filter((target) => !['api', 'domain'].includes(layerOf(target) ?? ''))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('takes types alone from the contract, so that its schemas are not sent to browsers', () => {
    const wrong = pages.flatMap((file) => {
      const text = [...file.text.matchAll(/^import (?!type )[^;]*;/gm)].map(([line]) => line).join('\n');
      return importsOf({ path: file.path, text })
        .filter((target) => layerOf(target) === 'api' && !withoutSchemas.includes(target))
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('is imported by nobody', () => {
    const wrong = [...program, ...tests].flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('web/'))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('source files', () => {
  it('have 500 lines at most', () => {
    const long = sourceFiles('src', 'lab', 'images', 'web/src')
      .filter(({ path }) => !isTest(path))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 500);
    expect(long).toEqual([]);
  });
});
