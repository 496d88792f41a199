/** Why a Tag's `Ready` condition is as it is. */
export const tagReasons = {
  Evaluated: 'The expression is worked out for every machine that has an inventory.',
  ByHand: 'It has no expression: machines have it by their spec.tags.',
  ExpressionInvalid: 'The expression is wrong: no machine has the tag by it.',
  ExpressionTooSlow:
    'The expression took too long, three times: no machine has the tag by it until it is changed.',
  SomeFailed: 'The expression cannot be worked out for some machines: they do not have the tag by it.',
} as const;

/** A reason of the table. */
export type TagReason = keyof typeof tagReasons;
