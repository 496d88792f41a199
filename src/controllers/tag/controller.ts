import { mergeConditions, readiness } from '../../api/conditions.ts';
import { effectiveTags } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { type TagObject, tagKind } from '../../api/tag/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import type { TagEvaluator, TagHealth } from './evaluator.ts';
import { type TagReason, tagReasons } from './reasons.ts';

const manager = 'metalwright-tag';
/** Machines change in bursts; counting takes a look at all of them. */
const gatherMs = 500;

/** Says how many machines have a tag, and what is wrong with its expression. */
export function createTagController(deps: ControllerDeps & { tagEvaluator: TagEvaluator }): Controller {
  const { tags, machines } = deps.informers;

  async function reconcile(name: string): Promise<undefined> {
    const tag = tags.get(name);
    if (tag === undefined) {
      deps.tagEvaluator.forgetTag(name);
      return undefined;
    }
    const having = machines.list().filter((machine) => effectiveTags(machine).includes(name)).length;
    const health = deps.tagEvaluator.health(tag);
    const { generation } = tag.metadata;
    const status = {
      observedGeneration: generation,
      machines: having,
      failures: health.kind === 'Works' ? health.failures : 0,
      conditions: mergeConditions(
        tag.status?.conditions,
        conditionsOf(tag, health),
        generation,
        deps.clock.now(),
      ),
    };
    await applyStatusIfChanged(
      deps.client,
      tagKind,
      { current: tag.status, object: { metadata: { name }, status } },
      manager,
    );
    return undefined;
  }

  return fencedController(deps, 'tag', reconcile, (controller) => {
    const later = (tag: string): void => controller.enqueueAfter(tag, gatherMs);
    return [
      watchInto(controller, tags),
      machines.onChange(({ object, previous, type }) => {
        for (const tag of changedTags(object, type === 'Deleted' ? undefined : previous, type)) later(tag);
      }),
      deps.tagEvaluator.onChange(later),
    ];
  });
}

/** Tags that one version of a machine has and the other does not. */
function changedTags(machine: Machine, previous: Machine | undefined, type: string): string[] {
  const now = new Set(effectiveTags(machine));
  if (type !== 'Modified' || previous === undefined) return [...now];
  const before = new Set(effectiveTags(previous));
  return [...[...now].filter((tag) => !before.has(tag)), ...[...before].filter((tag) => !now.has(tag))];
}

function conditionsOf({ spec }: TagObject, health: TagHealth): ReturnType<typeof readiness> {
  const of = (state: 'Ready' | 'Stalled', reason: TagReason, more = ''): ReturnType<typeof readiness> =>
    readiness(state, reason, `${tagReasons[reason]}${more}`);
  if (spec.expression === undefined) return of('Ready', 'ByHand');
  switch (health.kind) {
    case 'Invalid':
      return of('Stalled', 'ExpressionInvalid', ` ${health.message}`);
    case 'TooSlow':
      return of('Stalled', 'ExpressionTooSlow');
    case 'Works':
      return health.failures === 0
        ? of('Ready', 'Evaluated')
        : of('Ready', 'SomeFailed', ` Of ${health.failures}; ${health.example ?? ''}`);
  }
}
