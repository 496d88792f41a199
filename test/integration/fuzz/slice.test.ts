import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', '..', 'fuzz', 'cli.ts');

it('every decoder stands what a minute of fuzzing finds', async () => {
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [program, '35s'], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(output).toMatch(/^\d+ passed, 0 failed$/m);
});
