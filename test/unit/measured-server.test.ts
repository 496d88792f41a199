import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chartSettings } from '../../bench/lib/server.ts';

it('the server is measured with the settings that the chart gives its process', () => {
  const template = readFileSync(
    join(import.meta.dirname, '../../charts/metalwright/templates/server.yaml'),
    'utf8',
  );
  for (const [name, value] of Object.entries(chartSettings)) {
    expect(template).toMatch(new RegExp(`- name: ${name}\n +value: "?${value}"?\n`));
  }
});
