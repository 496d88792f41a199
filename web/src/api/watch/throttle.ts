/** Runs something so often at most; what is asked for in between is one run at the end. */
export interface Throttle {
  ask(): void;
}

/** @param everyMs milliseconds from the first time it is asked for until it runs */
export function createThrottle(everyMs: number, run: () => void): Throttle {
  let isAsked = false;
  return {
    ask() {
      if (isAsked) return;
      isAsked = true;
      setTimeout(() => {
        isAsked = false;
        run();
      }, everyMs);
    },
  };
}
