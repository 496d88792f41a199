import type { IconName } from '../components/icon.tsx';
import { places } from './navigation.ts';

/** Something that the quick search goes to. */
export interface Hit {
  to: string;
  label: string;
  hint: string;
  icon: IconName;
}

/** The pages that fit: all of them to no text, those that begin so first. */
export function placeHits(text: string): Hit[] {
  const wanted = text.toLowerCase();
  const starts = (words: string): boolean => words.split(' ').some((word) => word.startsWith(wanted));
  return places
    .filter(({ label, words = '' }) => starts(`${label.toLowerCase()} ${words}`))
    .sort((a, b) => Number(starts(b.label.toLowerCase())) - Number(starts(a.label.toLowerCase())))
    .map(({ to, label, icon }) => ({ to, label, icon, hint: 'Page' }));
}
