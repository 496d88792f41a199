import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface BudgetOptions {
  /** The page whose first view is measured. */
  entry: string;
  /** The most JavaScript, gzipped, in KiB. */
  kibibytes: number;
}

/** What is measured: the code that a browser loads before the list of machines is on the screen. */
const firstView = ['src/pages/machines/page.tsx'];

/** Fails the build when the first view takes more JavaScript than it may, and says what it takes. */
export function firstViewBudget({ kibibytes }: BudgetOptions): Plugin {
  return {
    name: 'first-view-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const starts = chunks.filter(
        ({ isEntry, facadeModuleId }) =>
          isEntry || firstView.some((path) => facadeModuleId?.endsWith(path) === true),
      );
      const loaded = new Set<string>();
      const queue = starts.map(({ fileName }) => fileName);
      for (const name of queue) {
        if (loaded.has(name)) continue;
        loaded.add(name);
        queue.push(...(byName.get(name)?.imports ?? []));
      }
      const bytes = [...loaded].reduce((sum, name) => sum + gzipSync(byName.get(name)?.code ?? '').length, 0);
      const size = `${(bytes / 1024).toFixed(1)} KiB gzip in ${loaded.size} files`;
      if (bytes > kibibytes * 1024)
        this.error(`JavaScript of the first view: ${size}; at most ${kibibytes} KiB`);
      this.info(`JavaScript of the first view: ${size}, of ${kibibytes} KiB`);
    },
  };
}
