import { lateReason } from './late.ts';
import { adviceOf, closedSteps, expectationOf, isTaskStep, rowOf, whatOf } from './steps.ts';

/** Reasons of the condition `Late`, and what they mean. */
export const lateReasons: Readonly<Record<string, string>> = {
  OnTime: 'What is awaited may still take its time.',
  NothingAwaited: 'The boot has come to its end; the message says how long each step took.',
  ...Object.fromEntries(
    closedSteps
      .filter(canBeLate)
      .map((step) => [lateReason(step), `Awaited: ${whatOf(step)}. ${advice(step)}.`]),
  ),
};

function canBeLate(step: string): boolean {
  return isTaskStep(step)
    ? expectationOf(step, undefined).late !== 'never'
    : rowOf(step)?.advice !== undefined;
}

function advice(step: string): string {
  const words = isTaskStep(step)
    ? 'look at status.taskResult for how far it is, and at the console of the machine'
    : adviceOf(step, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
