import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { requireTools } from '../netns/namespaces.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../faults/dhcp.ts');

describe('two racks that are killed under load', () => {
  requireTools('ip');

  it('lose no lease and give no address twice', { timeout: 300_000 }, async () => {
    const { stdout } = await run(process.execPath, [program, '--kills=6', '--clients=300'], {
      timeout: 280_000,
      maxBuffer: 16 * 1024 * 1024,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toContain('1 passed, 0 failed');
  });
});
