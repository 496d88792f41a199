import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { systemTimers, type Timers } from '../timers.ts';
import type { Endpoint } from './endpoint.ts';

/** An endpoint that is opened whenever it can be: no program ends for want of it. */
export interface KeptOpen {
  start(): void;
  /** Why it is not open; undefined: it is. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

const retryMs = 10_000;

/** @param create a new endpoint for each attempt */
export function keepOpen(options: {
  create(): Endpoint;
  where: { address: string; port: number };
  /** More about a failure, for people. */
  explain?(error: unknown): Promise<string>;
  log: Logger;
  timers?: Timers | undefined;
}): KeptOpen {
  const { where, log, timers = systemTimers } = options;
  let endpoint: Endpoint | undefined;
  let problem: string | undefined = 'not open yet';
  let stopped = false;
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  async function open(): Promise<void> {
    const fresh = options.create();
    try {
      const { port } = await fresh.listen(where);
      endpoint = fresh;
      problem = undefined;
      log.info({ ...where, port }, 'the admin endpoint is open');
    } catch (error) {
      const more = (await options.explain?.(error)) ?? '';
      const seen = `${where.address}:${where.port}: ${messageOf(error)}${more}`;
      if (seen !== problem) log.error({}, `the admin endpoint cannot be opened: ${seen}`);
      problem = seen;
      if (!stopped) cancel = timers.after(retryMs, begin);
    }
  }

  function begin(): void {
    running = open();
  }

  return {
    start: begin,
    problem: () => problem,
    async stop() {
      stopped = true;
      cancel();
      await running;
      cancel();
      await endpoint?.close();
    },
  };
}
