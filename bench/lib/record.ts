import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { type Figure, figureLines, figureRows } from './figures.ts';

const page = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');

/** Prints figures as they come, and puts them into `docs/benchmarks.md` when the command line says `--record`. */
export interface Report {
  add(figure: Figure): void;
  /** A line for who watches. */
  note(text: string): void;
  close(): void;
}

/** @param name of the benchmark, whose marked part of the page is replaced */
export function createReport(name: string): Report {
  const figures: Figure[] = [];
  return {
    add(figure) {
      figures.push(figure);
      for (const line of figureLines(figure)) console.log(line);
    },
    note: (text) => console.error(`  ${text}`),
    close() {
      if (process.argv.includes('--record'))
        writeFileSync(page, replaced(readFileSync(page, 'utf8'), name, figures));
    },
  };
}

/** The page with the part between the marks of a benchmark made anew. Throws when it has no such marks. */
function replaced(text: string, name: string, figures: readonly Figure[]): string {
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no part for ${name}`);
  const rows = figures.flatMap(figureRows).join('\n');
  const table = `Measured ${machine()}.\n\n| what | ours | peer | ratio |\n|---|---|---|---|\n${rows}\n`;
  return text.slice(0, from + begin.length) + table + text.slice(to);
}

function machine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'unknown';
  const date = new Date().toISOString().slice(0, 10);
  return `${date} on ${all.length} cores of ${model}, Linux ${release().split('.', 2).join('.')}, Node ${process.versions.node}`;
}
