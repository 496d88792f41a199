/** One change, from the first line of its commit. */
export interface Change {
  /** Abbreviated, as people quote it. */
  commit: string;
  subject: string;
}

/** Changes of a part of the product, under the word before the colon. */
const general = 'General';

/**
 * A section of CHANGELOG.md in Markdown: the changes by part of the product, parts by name, changes in the order in which they were
 * made. Merges are left out.
 *
 * @param version without a `v`
 * @param date `2026-01-31`; undefined: it is not released yet
 * @param breaks what of the API is refused now that was taken, a sentence each
 */
export function renderChangelog(
  version: string,
  date: string | undefined,
  changes: readonly Change[],
  breaks: readonly string[],
): string {
  const parts = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.subject.startsWith('Merge ')) continue;
    const [, part = general, subject = change.subject] =
      /^([A-Za-z][\w/ -]{0,30}): (.+)$/.exec(change.subject) ?? [];
    const title = `${part.charAt(0).toUpperCase()}${part.slice(1)}`;
    parts.set(title, [...(parts.get(title) ?? []), { ...change, subject }]);
  }
  const lines = [`## ${version} (${date ?? 'not released'})`, ''];
  if (breaks.length > 0) {
    lines.push('### What upgrades break', '', ...breaks.map((sentence) => `- ${sentence}`), '');
  }
  for (const [title, own] of [...parts].sort(([one], [other]) => (one < other ? -1 : 1))) {
    lines.push(`### ${title}`, '', ...own.map(({ commit, subject }) => `- ${subject} (${commit})`), '');
  }
  return lines.join('\n');
}
