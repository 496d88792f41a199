import { describe, expect, it } from 'vitest';
import { renderChangelog } from './render-changelog.ts';

const changes = [
  { commit: 'aaaaaaa', subject: 'TFTP: windows of 16 blocks' },
  { commit: 'bbbbbbb', subject: 'A machine says why it waits' },
  { commit: 'ccccccc', subject: 'Merge branch main' },
  { commit: 'ddddddd', subject: 'TFTP: a reader that stops is let go' },
];

describe('the changelog', () => {
  it('has the changes by part, in the order in which they were made, and no merges', () => {
    expect(renderChangelog('0.2.0', '2026-01-31', changes, [])).toBe(
      [
        ...['## 0.2.0 (2026-01-31)', ''],
        ...['### General', '', '- A machine says why it waits (bbbbbbb)', ''],
        ...[
          '### TFTP',
          '',
          '- windows of 16 blocks (aaaaaaa)',
          '- a reader that stops is let go (ddddddd)',
          '',
        ],
      ].join('\n'),
    );
  });

  it('begins with what an upgrade breaks', () => {
    const text = renderChangelog('0.2.0', undefined, [], ['Machine.spec.zone: it is required now']);
    expect(text).toMatch(
      /^## 0\.2\.0 \(not released\)\n\n### What upgrades break\n\n- Machine\.spec\.zone: /,
    );
  });
});
