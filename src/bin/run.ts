import { messageOf } from '../errors/coded-error.ts';

/**
 * Runs a program until it is told to end (SIGTERM, SIGINT), then stops it gracefully; a second signal ends it at once.
 * A failure at the start is one line on standard error and exit code 1.
 */
export async function run(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  try {
    const running = await start();
    let stopping = false;
    const end = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      running.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  console.error(messageOf(error));
  process.exit(1);
}
