import { useState } from 'react';

/**
 * A value that this browser keeps. What is kept and is not of the right shape, of an older version perhaps, counts as missing.
 *
 * @param parse the value; undefined: none
 */
export function useStored<T>(
  key: string,
  missing: T,
  parse: (raw: unknown) => T | undefined,
): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => readStored(key, parse) ?? missing);
  return [
    value,
    (next) => {
      setValue(next);
      try {
        localStorage.setItem(`metalwright.${key}`, JSON.stringify(next));
      } catch {
        // Storage may be full or switched off; then it lasts as long as the page.
      }
    },
  ];
}

function readStored<T>(key: string, parse: (raw: unknown) => T | undefined): T | undefined {
  try {
    return parse(JSON.parse(localStorage.getItem(`metalwright.${key}`) ?? 'null'));
  } catch {
    return undefined;
  }
}

/** Texts in a list, for `parse`. */
export function parseTexts(raw: unknown): string[] | undefined {
  return Array.isArray(raw) && raw.every((each) => typeof each === 'string') ? raw : undefined;
}
