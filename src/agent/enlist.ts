import type { Console } from './console.ts';
import type { EnlistmentRequest } from './contract.ts';
import type { RackClient } from './rack/client.ts';
import type { Timing } from './time.ts';

export interface EnlistDeps {
  client: RackClient;
  console: Console;
  timing: Timing;
}

/** Makes an unknown machine known, tells the person in front of it what is next, and gives them time to read. */
export async function enlist(
  enlistment: EnlistmentRequest,
  deps: EnlistDeps,
  signal: AbortSignal,
): Promise<void> {
  deps.console.say('this machine is not known yet: telling the rack of it');
  const answer = await deps.client.enlist(enlistment, signal);
  if ('refused' in answer) {
    deps.console.say(`this machine could not be made known: ${answer.refused}`);
    await deps.timing.sleep(20_000, signal);
    return;
  }
  deps.console.say(`this machine is now known as ${answer.machine}`);
  deps.console.say(
    `approve it with: kubectl patch machine ${answer.machine} --type=merge -p '{"spec":{"approved":true}}'`,
  );
  deps.console.say('switching off');
  await deps.timing.sleep(1_000, signal);
}
