/** Works something out once for each version of an object: objects of the caches are never changed, only replaced. */
export function rememberedOf<K extends object, V>(compute: (object: K) => V): (object: K) => V {
  const known = new WeakMap<K, { value: V }>();
  return (object) => {
    const found = known.get(object);
    if (found !== undefined) return found.value;
    const value = compute(object);
    known.set(object, { value });
    return value;
  };
}

/** Works something out anew only when what it is made of has changed. @param revisionOf as long as it is the same, the last result holds */
export function remembered<T>(revisionOf: () => number, compute: () => T): () => T {
  let last: { revision: number; value: T } | undefined;
  return () => {
    const revision = revisionOf();
    if (last?.revision !== revision) last = { revision, value: compute() };
    return last.value;
  };
}
