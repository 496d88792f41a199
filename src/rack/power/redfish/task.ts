import { powerError } from '../errors.ts';
import type { RedfishClient, RedfishTimings } from './client.ts';
import { describe, type RedfishResponse, statusError } from './faults.ts';
import { Task } from './resources.ts';

const failedStates: readonly string[] = ['Exception', 'Killed', 'Cancelled', 'Interrupted'];

/**
 * Follows what the BMC does after its answer (202 and a task monitor; DSP0266, "Asynchronous operations"). One that takes
 * longer than the timings allow is left alone: the executor looks at what came of it.
 * @throws CodedError<PowerErrorCode> when the task fails, with its messages.
 */
export async function awaitTask(
  client: RedfishClient,
  response: RedfishResponse,
  timings: RedfishTimings,
  delay: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (response.status !== 202) return;
  const monitor = response.headers.location || taskOf(response)?.['@odata.id'];
  if (monitor === undefined) return;
  let missing = 0;
  for (let waited = 0; waited < timings.taskLongestMs; waited += timings.taskPollMs) {
    await delay(timings.taskPollMs, signal);
    const seen = judge(await client.request({ method: 'GET', link: monitor }, signal));
    if (seen === 'done') return;
    // Some BMCs do not know a task for a moment after they made it; a monitor is gone when its end was read.
    missing = seen === 'missing' ? missing + 1 : 0;
    if (missing > 3) return;
  }
}

function judge(seen: RedfishResponse): 'done' | 'running' | 'missing' {
  if (seen.status === 404 || seen.status === 410) return 'missing';
  if (seen.status >= 500) return 'running';
  if (seen.status >= 400) throw statusError(seen, 'task');
  const task = taskOf(seen);
  const state = task?.TaskState;
  if (state !== undefined && failedStates.includes(state)) {
    const said = (task?.Messages ?? []).map((message) => message.Message ?? message.MessageId).join('; ');
    throw powerError('BmcProtocolError', `the BMC's task ended as ${state}: ${said || describe(seen)}`);
  }
  return seen.status !== 202 && (state === undefined || state === 'Completed') ? 'done' : 'running';
}

function taskOf(response: RedfishResponse): Task | undefined {
  const parsed = Task.safeParse(response.body);
  return parsed.success ? parsed.data : undefined;
}
