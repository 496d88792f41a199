import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Namespace } from './namespaces.ts';

/** What ISC dhclient learnt: its environment variables, `ip_address`, `subnet_mask`, `routers`, … */
export type DhclientLease = Record<string, string>;

/** One dhclient with files of its own. */
export interface Dhclient {
  /** Gets a lease once and sets the address. Throws with dhclient's output when it gets none. */
  obtain(...args: string[]): Promise<DhclientLease>;
  /** Gives the lease back. */
  release(): Promise<void>;
  /** Ends dhclient without a word to the server. */
  vanish(): Promise<void>;
}

/** `configuration` is the text of a dhclient.conf(5). */
export function createDhclient(
  space: Namespace,
  device: string,
  directory: string,
  configuration = '',
): Dhclient {
  const path = (kind: string): string => join(directory, `${space.name}-${device}.${kind}`);
  writeFileSync(path('conf'), configuration);
  writeFileSync(
    path('script'),
    `#!/bin/sh
case "$reason" in
BOUND|RENEW|REBIND|REBOOT)
  ip address flush dev "$interface"
  ip address add "$new_ip_address/$new_subnet_mask" dev "$interface"
  set | sed -n "s/^new_//p" > ${path('env')} ;;
EXPIRE|FAIL|RELEASE|STOP)
  ip address flush dev "$interface" ;;
esac
`,
  );
  chmodSync(path('script'), 0o700);
  const command = (...args: string[]): string[] => [
    ...['dhclient', '-4', '-v', '-cf', path('conf'), '-lf', path('leases'), '-pf', path('pid')],
    ...['-sf', path('script'), ...args, device],
  ];
  return {
    async obtain(...args) {
      writeFileSync(path('env'), '');
      const { code, output } = await space.run(command('-1', ...args));
      const environment = readFileSync(path('env'), 'utf8');
      if (code !== 0 || environment === '') throw new Error(`dhclient failed:\n${output}`);
      return Object.fromEntries(
        environment
          .split('\n')
          .filter((line) => line.includes('='))
          .map((line) => [
            line.slice(0, line.indexOf('=')),
            line.slice(line.indexOf('=') + 1).replace(/^'|'$/g, ''),
          ]),
      );
    },
    async release() {
      await space.run(command('-r'));
    },
    async vanish() {
      // It writes its process id only after it went to the background.
      const deadline = Date.now() + 5000;
      const pid = (): string => (existsSync(path('pid')) ? readFileSync(path('pid'), 'utf8').trim() : '');
      while (pid() === '' && Date.now() < deadline) await setTimeout(20);
      await space.run(['kill', pid()]);
      rmSync(path('pid'), { force: true });
    },
  };
}
