/** The word among the known ones that was probably meant: two letters wrong at most; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: { known: string; distance: number } | undefined;
  for (const candidate of new Set(known)) {
    const distance = candidate.startsWith(word) && word.length > 1 ? 0.5 : editDistance(word, candidate);
    if (distance <= 2 && distance < candidate.length && (best === undefined || distance < best.distance)) {
      best = { known: candidate, distance };
    }
  }
  return best?.known;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
