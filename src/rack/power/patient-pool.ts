/** Work of which some may hang, and shall not keep the rest from being done. */
export interface PatientPool {
  /** Resolves when the work has begun: as soon as there is room for it. Work never throws. */
  begin(work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * @param atOnce how many pieces are worked on that have not been under way for long
 * @param patienceMs after which a piece makes room for another, though it goes on
 * @param most pieces under way at all
 */
export function createPatientPool(limits: { atOnce: number; patienceMs: number; most: number }): PatientPool {
  const { atOnce, patienceMs, most } = limits;
  const running = new Set<Promise<void>>();
  const waiting: (() => void)[] = [];
  let fresh = 0;

  function admit(): void {
    while (waiting.length > 0 && fresh < atOnce && running.size < most) launch(waiting.shift());
  }

  function launch(start: (() => void) | undefined): void {
    if (start === undefined) return;
    fresh++;
    start();
  }

  function run(work: () => Promise<void>): void {
    let isFresh = true;
    const grow = (): void => {
      if (isFresh) fresh--;
      isFresh = false;
    };
    const timer = setTimeout(() => {
      grow();
      admit();
    }, patienceMs);
    const piece = work().finally(() => {
      clearTimeout(timer);
      grow();
      running.delete(piece);
      admit();
    });
    running.add(piece);
  }

  return {
    begin(work) {
      const begun = new Promise<void>((resolve) => {
        waiting.push(() => {
          run(work);
          resolve();
        });
      });
      admit();
      return begun;
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
