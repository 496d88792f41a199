import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors/coded-error.ts';

const longestMs = 60_000;

/** Asks each URL until it answers with 200, for a minute at most, and says how that went. */
export async function checkUrls(urls: readonly string[], withinMs = longestMs): Promise<boolean> {
  const outcomes = await Promise.all(urls.map((url) => answers(url, performance.now() + withinMs)));
  for (const [index, problem] of outcomes.entries()) {
    console.log(
      `${problem === undefined ? 'ok    ' : 'failed'}  ${urls[index]}${problem === undefined ? '' : `: ${problem}`}`,
    );
  }
  return urls.length > 0 && outcomes.every((problem) => problem === undefined);
}

/** @returns why it did not answer in time */
async function answers(url: string, until: number): Promise<string | undefined> {
  for (;;) {
    const problem = await ask(url);
    if (problem === undefined || performance.now() >= until) return problem;
    await sleep(Math.min(1_000, Math.max(0, until - performance.now())));
  }
}

/** @returns why a URL does not answer with 200, by one request */
export async function ask(url: string): Promise<string | undefined> {
  try {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'manual' });
    await body?.cancel();
    return status === 200 ? undefined : `it answers ${status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return messageOf(cause);
  }
}
