import { Environment } from '@marcbachmann/cel-js';
import { z } from 'zod';
import type { Machine } from '../../api/machine/schema.ts';
import { Inventory, type MachineInventory } from '../../api/machine-inventory/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { declareType, toCel } from './cel-types.ts';

/** What an expression may ask of a machine beside its hardware. */
const MachineFacts = z.object({
  name: z.string(),
  architecture: z.string(),
  zone: z.string(),
  pool: z.string(),
  tags: z.array(z.string()).describe('By hand.'),
  macAddresses: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
});

/** The two variables of an expression, in CEL's own types. */
export interface Facts {
  inventory: unknown;
  machine: unknown;
}

/** What is true or false of a machine. Throws when it cannot be worked out: a member that is not there, for one. */
export type Predicate = (facts: Facts) => boolean;

export type Compiled = { kind: 'Predicate'; predicate: Predicate } | { kind: 'Invalid'; message: string };

const longestExpression = 1024;

/** Bounds an expression's structure; how long it runs is bounded where it is run. */
const limits = {
  maxAstNodes: 300,
  maxDepth: 24,
  maxListElements: 64,
  maxMapEntries: 16,
  maxCallArguments: 8,
} as const;

/** Compiles expressions. */
export type Compiler = (text: string) => Compiled;

/** Making one costs some milliseconds: the hardware's types are declared. */
export function createCompiler(): Compiler {
  const environment = new Environment({ limits });
  environment.registerVariable('inventory', declareType(environment, 'Inventory', Inventory));
  environment.registerVariable('machine', declareType(environment, 'Machine', MachineFacts));
  return (text) => compile(text, environment);
}

/** Checks types, too: unknown words, wrong comparisons, and that it answers true or false. */
function compile(text: string, environment: Environment): Compiled {
  if (text.length > longestExpression)
    return { kind: 'Invalid', message: `it has ${text.length} letters, of at most ${longestExpression}` };
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) return { kind: 'Invalid', message: firstLines(error) };
    if (type !== 'bool' && type !== 'dyn')
      return { kind: 'Invalid', message: `it is a ${type ?? 'value of no type'}, not a bool` };
    return {
      kind: 'Predicate',
      predicate({ inventory, machine }) {
        const value: unknown = parsed({ inventory, machine });
        if (typeof value !== 'boolean') throw new TypeError('it is neither true nor false');
        return value;
      },
    };
  } catch (error) {
    return { kind: 'Invalid', message: firstLines(error) };
  }
}

function firstLines(error: unknown): string {
  return messageOf(error).slice(0, 512);
}

/** The variables for one machine. */
export function factsOf({ metadata, spec }: Machine, inventory: MachineInventory): Facts {
  const { architecture, zone, pool, tags, macAddresses } = spec;
  const { name, labels = {} } = metadata;
  return {
    inventory: toCel(inventory.hardware),
    machine: { name, architecture, zone, pool, tags, macAddresses, labels },
  };
}
