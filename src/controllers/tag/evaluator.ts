import type { Machine } from '../../api/machine/schema.ts';
import type { MachineInventory } from '../../api/machine-inventory/schema.ts';
import type { TagObject } from '../../api/tag/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { type Compiled, type Compiler, createCompiler, type Facts, factsOf } from './expression.ts';
import { createWithin, type Within } from './within.ts';

/** How a tag's expression does. */
export type TagHealth =
  | { kind: 'Works'; failures: number; example?: string | undefined }
  | { kind: 'Invalid'; message: string }
  | { kind: 'TooSlow' };

/** Works out which tags a machine has by expression. */
export interface TagEvaluator {
  /** Names of the tags whose expression is true, sorted. One that cannot be worked out is not among them. */
  evaluate(machine: Machine, inventory: MachineInventory, tags: readonly TagObject[]): string[];
  health(tag: TagObject): TagHealth;
  /** A machine or a tag is gone. */
  forgetMachine(name: string): void;
  forgetTag(name: string): void;
  /** Told the name of a tag whose health has changed. Returns what ends it. */
  onChange(listener: (tag: string) => void): () => void;
}

interface Entry {
  expression: string;
  compiled: Compiled;
  /** Machines of which it could not be worked out, and why. */
  failed: Map<string, string>;
  /** How often it took too long; the times in time taken off; after three it is not asked any more until it is changed. */
  strikes: number;
}

/** What the last answer for a machine rests on. */
interface Remembered {
  inventory: MachineInventory;
  key: string;
  tags: string[];
}

/** Everything of machine and tags that an expression can see; undefined: it cannot be told whether that has changed. */
function keyOf({ metadata }: Machine, asked: readonly { tag: string; entry: Entry }[]): string | undefined {
  const { uid, generation, labels } = metadata;
  if (generation === undefined) return undefined;
  return JSON.stringify([uid, generation, labels, asked.map(({ tag, entry }) => [tag, entry.expression])]);
}

export interface TagEvaluatorOptions {
  compile?: Compiler;
  within?: Within;
  /** For all tags of a machine together. Default 250. */
  togetherMs?: number;
  /** For one tag of one machine, when together they took too long. Default 250. */
  aloneMs?: number;
}

const mostStrikes = 3;

/**
 * One expression that throws, is wrong or slow does no harm to others: all of a machine are tried together, as breaking off costs
 * something; when that takes too long each is tried alone, and who is slow then is struck out.
 */
export function createTagEvaluator(options: TagEvaluatorOptions = {}): TagEvaluator {
  const { compile = createCompiler(), within = createWithin(), togetherMs = 250, aloneMs = 250 } = options;
  const entries = new Map<string, Entry>();
  const listeners = new Set<(tag: string) => void>();
  /** Most changes of a machine are none to an expression. */
  const remembered = new Map<string, Remembered>();

  function entryOf({ metadata: { name }, spec: { expression } }: TagObject): Entry | undefined {
    if (expression === undefined) {
      entries.delete(name);
      return undefined;
    }
    const known = entries.get(name);
    if (known?.expression === expression) return known;
    const made: Entry = { expression, compiled: compile(expression), failed: new Map(), strikes: 0 };
    entries.set(name, made);
    return made;
  }

  function changed(tag: string): void {
    for (const listener of listeners) listener(tag);
  }

  function note(tag: string, entry: Entry, machine: string, problem: string | undefined): void {
    if (entry.failed.get(machine) === problem) return;
    if (problem === undefined) entry.failed.delete(machine);
    else entry.failed.set(machine, problem);
    changed(tag);
  }

  /** undefined: it cannot be worked out. */
  function ask(tag: string, entry: Entry, machine: string, facts: Facts): boolean | undefined {
    if (entry.compiled.kind === 'Invalid') return undefined;
    try {
      const answer = entry.compiled.predicate(facts);
      note(tag, entry, machine, undefined);
      return answer;
    } catch (error) {
      note(tag, entry, machine, messageOf(error).split('\n', 1)[0]?.slice(0, 256) ?? '');
      return undefined;
    }
  }

  return {
    evaluate(machine, inventory, tags) {
      const { name } = machine.metadata;
      const asked = tags.flatMap((tag) => {
        const entry = entryOf(tag);
        const works = entry?.compiled.kind === 'Predicate' && entry.strikes < mostStrikes;
        return works ? [{ tag: tag.metadata.name, entry }] : [];
      });
      if (asked.length === 0) return [];
      const key = keyOf(machine, asked);
      const last = remembered.get(name);
      if (last !== undefined && last.inventory === inventory && last.key === key) return last.tags;
      remembered.delete(name);
      const facts = factsOf(machine, inventory);
      let found: string[] = [];
      const inTime = within(() => {
        found = asked.flatMap(({ tag, entry }) => (ask(tag, entry, name, facts) === true ? [tag] : []));
      }, togetherMs);
      if (inTime) {
        found.sort();
        if (key !== undefined) remembered.set(name, { inventory, key, tags: found });
        return found;
      }
      const one: string[] = [];
      for (const { tag, entry } of asked) {
        const done = within(() => {
          if (ask(tag, entry, name, facts) === true) one.push(tag);
        }, aloneMs);
        // A busy computer is no fault of an expression: what is in time makes up for it.
        if (done) entry.strikes = Math.max(0, entry.strikes - 1);
        else entry.strikes++;
        if (done) continue;
        changed(tag);
      }
      return one.sort();
    },
    health(tag) {
      const entry = entryOf(tag);
      if (entry === undefined) return { kind: 'Works', failures: 0 };
      if (entry.compiled.kind === 'Invalid') return { kind: 'Invalid', message: entry.compiled.message };
      if (entry.strikes >= mostStrikes) return { kind: 'TooSlow' };
      const [first] = [...entry.failed].sort(([a], [b]) => (a < b ? -1 : 1));
      return {
        kind: 'Works',
        failures: entry.failed.size,
        ...(first === undefined ? {} : { example: `${first[0]}: ${first[1]}` }),
      };
    },
    forgetMachine(name) {
      remembered.delete(name);
      for (const [tag, entry] of entries) if (entry.failed.delete(name)) changed(tag);
    },
    forgetTag(name) {
      entries.delete(name);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
