import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { architectures, namesOf, ownArchitecture } from './architecture.ts';
import { openEmulation } from './emulation.ts';
import { run } from './run.ts';

const own = ownArchitecture();
const [other = own] = architectures.filter((each) => each !== own);
const registered = `/proc/sys/fs/binfmt_misc/qemu-${namesOf[other].machine}`;
const rule = `/usr/lib/binfmt.d/qemu-${namesOf[other].machine}.conf`;
const [major = 0, minor = 0] = release().split('.').map(Number);
const needs: readonly (readonly [what: string, isThere: boolean])[] = [
  ['root', process.getuid?.() === 0],
  ['the package qemu-user-static', existsSync(rule)],
  ['a system that does not know QEMU itself', !existsSync(registered)],
  ['Linux 6.7', major > 6 || (major === 6 && minor >= 7)],
];
const missing = needs.find(([, isThere]) => !isThere)?.[0];

describe('programs of another architecture', () => {
  it('are not thought of where it is the own one', async () => {
    const emulation = await openEmulation(own);
    expect(emulation.prefix).toEqual([]);
    await emulation.close();
  });

  it.skipIf(missing !== undefined)(
    `run by QEMU in a namespace of their own, and the system knows nothing of it${missing === undefined ? '' : ` (skipped: needs ${missing})`}`,
    async () => {
      const emulation = await openEmulation(other);
      const [first = '', ...rest] = [...emulation.prefix, 'cat', registered];
      expect(await run(first, rest)).toMatch(/^enabled\n[\s\S]*^flags: .*F/m);
      expect(existsSync(registered)).toBe(false);
      await emulation.close();
      await expect(run(first, rest)).rejects.toThrow(/nsenter/);
    },
  );
});
