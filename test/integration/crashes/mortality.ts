import { kubeError } from '../../../src/kube/errors.ts';
import type { MemoryCall, MemoryClient } from '../../../src/kube/memory-client.ts';

/** The two programs that have effects. */
export type ProgramName = 'operator' | 'rack';

/** Where a program dies: before its nth effect, which then never happens, or after it, whose answer it never sees. */
export interface Death {
  program: ProgramName;
  /** From 0, counted from the moment at which the story begins. */
  nth: number;
  when: 'before' | 'after';
}

/** Counts the effects of both programs, which are writes to the API server and calls of a BMC, and ends one life. */
export interface Mortality {
  /** From now on effects are counted, and death may come. */
  begin(): void;
  /** What every program has done since, in order. */
  effects: Record<ProgramName, string[]>;
  /** A new life of a program: its client, its watch on calls of BMCs, and its end. */
  live(program: ProgramName, client: MemoryClient): Life;
  /** Whether death has come. */
  hasStruck(): boolean;
}

export interface Life {
  client: MemoryClient;
  called(what: string, when: 'before' | 'after'): void;
  /** Resolves when the program has died. */
  ended: Promise<void>;
}

const writes: ReadonlySet<MemoryCall['verb']> = new Set([
  'create',
  'apply',
  'applyStatus',
  'patch',
  'patchStatus',
  'update',
  'delete',
]);

export function createMortality(death: Death | undefined): Mortality {
  const effects: Record<ProgramName, string[]> = { operator: [], rack: [] };
  let counting = false;
  let struck = false;

  return {
    begin() {
      counting = true;
    },
    effects,
    hasStruck: () => struck,
    live(program, memory) {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      let dead = false;

      function step(what: string, when: 'before' | 'after'): void {
        if (!dead && counting) {
          const mine = death?.program === program && death.when === when && !struck;
          if (when === 'before') effects[program].push(what);
          if (mine && effects[program].length === death.nth + 1) {
            [struck, dead] = [true, true];
            end();
          }
        }
        if (dead) throw kubeError('Stopped', 'the process is dead');
      }

      const watched = (when: 'before' | 'after') => (call: MemoryCall) => {
        if (writes.has(call.verb)) step(`${call.verb} ${call.plural}`, when);
        else if (dead) throw kubeError('Stopped', 'the process is dead');
      };
      return {
        client: memory.connect({ before: watched('before'), after: watched('after') }),
        called: (what, when) => step(`BMC ${what}`, when),
        ended,
      };
    },
  };
}
