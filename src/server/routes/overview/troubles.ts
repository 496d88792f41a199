import { findCondition } from '../../../api/conditions.ts';
import type { Condition } from '../../../api/fields.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import { adviceOn } from '../../../domain/lifecycle/advice.ts';
import { rememberedOf } from '../../remembered.ts';

export const troubleKinds = ['Failed', 'Waits', 'Late'] as const;

/** Something that a person has to look at, and what they can do. */
export interface Trouble {
  /** Failed: it is in a failed phase. Waits: it goes on when somebody does something. Late: a step of its boot takes longer than it should. */
  kind: (typeof troubleKinds)[number];
  resource: string;
  name: string;
  phase?: string;
  reason: string;
  message: string;
  /** What to do about it; of some reasons the message says it all. */
  advice?: string;
  since?: string;
  href: string;
}

/** What is wrong with a machine: at most one thing, the gravest. */
export const troubleOf = rememberedOf(gravestOf);

function gravestOf({ metadata, status }: Machine): Trouble | undefined {
  const { name } = metadata;
  const phase = status?.phase === undefined ? {} : { phase: status.phase };
  const base = { resource: 'machines', name, ...phase, href: `/api/v1/machines/${name}` };
  if (status?.failure !== undefined) {
    const { reason, message } = status.failure;
    const since = status.phaseSince === undefined ? {} : { since: status.phaseSince };
    return { kind: 'Failed', ...base, reason, message, ...adviceFor(reason), ...since };
  }
  const stalled = findCondition(status?.conditions, 'Stalled');
  if (stalled?.status === 'True') return { kind: 'Waits', ...base, ...said(stalled) };
  const late = findCondition(status?.conditions, 'Late');
  return late?.status === 'True' ? { kind: 'Late', ...base, ...said(late) } : undefined;
}

/** What a condition says, with what to do about it. */
export function said({ reason, message = '', lastTransitionTime }: Condition) {
  return { reason, message, ...adviceFor(reason), since: lastTransitionTime };
}

function adviceFor(reason: string): { advice?: string } {
  const advice = adviceOn(reason);
  return advice === undefined ? {} : { advice };
}

/** The gravest first, then the latest, then by name. For `sort`. */
export function byGravity(a: Trouble, b: Trouble): number {
  const gravity = troubleKinds.indexOf(a.kind) - troubleKinds.indexOf(b.kind);
  if (gravity !== 0) return gravity;
  const [left, right] = [a.since ?? '', b.since ?? ''];
  if (left !== right) return left < right ? 1 : -1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
