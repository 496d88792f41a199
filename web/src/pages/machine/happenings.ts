import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { AnyAction } from '../../../../src/api/machine-action/schema.ts';
import type { Tone } from '../../components/badge.tsx';
import { wordsOf } from '../../format/phase.ts';

/** Something that happened to a machine, as far as its resources remember it. */
export interface Happening {
  key: string;
  /** RFC 3339. */
  at: string;
  /** `Order`: somebody wanted it. `Boot`: a step of its last boot. `Phase`: it came into its present phase. */
  kind: 'Order' | 'Boot' | 'Phase';
  what: string;
  tone: Tone;
  outcome?: string | undefined;
  /** What was said of it, or why it was ordered. */
  said?: string | undefined;
}

const tones: Readonly<Record<string, Tone>> = {
  Succeeded: 'ok',
  Failed: 'bad',
  Refused: 'warn',
  Running: 'busy',
  Pending: 'quiet',
};

/** What was ordered and what came of it, the steps of the last boot, and its phase: the latest first. */
export function happeningsOf(
  { status }: Pick<Machine, 'status'>,
  actions: readonly AnyAction[],
): Happening[] {
  const orders = actions.map(({ metadata, spec, status: outcome }): Happening => {
    const phase = outcome?.phase ?? 'Pending';
    const said = [outcome?.message, spec.message].filter((text) => text !== undefined && text !== '');
    return {
      key: `action ${metadata.name}`,
      at: metadata.creationTimestamp ?? '',
      kind: 'Order',
      what: wordsOf(spec.action),
      tone: tones[phase] ?? 'quiet',
      outcome: phase,
      ...(said.length === 0 ? {} : { said: said.join(' · ') }),
    };
  });
  const steps = (status?.timeline?.steps ?? []).map(({ step, at, detail }): Happening => {
    const what = wordsOf(step.replace(/^Task(?=[A-Z])/, ''));
    return { key: `step ${step} ${at}`, at, kind: 'Boot', what, tone: 'quiet', said: detail };
  });
  const { phase, phaseSince, failure } = status ?? {};
  const phases: Happening[] =
    phase === undefined || phaseSince === undefined
      ? []
      : [
          {
            key: `phase ${phase}`,
            at: phaseSince,
            kind: 'Phase',
            what: `Now ${wordsOf(phase)}`,
            tone: failure === undefined ? 'quiet' : 'bad',
            said: failure?.message,
          },
        ];
  return [...orders, ...steps, ...phases].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
