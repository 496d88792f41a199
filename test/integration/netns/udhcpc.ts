import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from './namespaces.ts';

/** What busybox's udhcpc learnt: `ip`, `subnet`, `router`, `serverid`, `lease`, … */
export type UdhcpcLease = Record<string, string>;

/**
 * One run of busybox's udhcpc: gets a lease, sets no address and ends. Undefined when it got none in three tries of a second.
 *
 * @param more further arguments: `-B` asks for broadcast replies
 */
export async function udhcpc(
  space: Namespace,
  device: string,
  directory: string,
  ...more: string[]
): Promise<UdhcpcLease | undefined> {
  const path = (kind: string): string => join(directory, `${space.name}-${device}.udhcpc-${kind}`);
  rmSync(path('env'), { force: true });
  writeFileSync(path('script'), `#!/bin/sh\n[ "$1" = bound ] && env > ${path('env')}\nexit 0\n`);
  chmodSync(path('script'), 0o700);
  const limits = ['-n', '-q', '-f', '-t', '3', '-T', '1'];
  await space.run(['busybox', 'udhcpc', '-i', device, '-s', path('script'), ...limits, ...more]);
  if (!existsSync(path('env'))) return undefined;
  return Object.fromEntries(
    readFileSync(path('env'), 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
