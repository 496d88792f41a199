import { setTimeout as delay } from 'node:timers/promises';
import { download } from './download.ts';

/**
 * Run in a network namespace: `host port path (address connections)…`. Says how many bytes came to each address in eight
 * seconds after the first four.
 */
const [host = '', port = '', path = '', ...machines] = process.argv.slice(2);
const all: (() => number)[] = [];
for (let index = 0; index < machines.length; index += 2) {
  const own = Array.from({ length: Number(machines[index + 1]) }, () =>
    download({ host, port: Number(port), path, from: machines[index] ?? '' }),
  );
  all.push(() => own.reduce((sum, one) => sum + one.received(), 0));
}
await delay(4_000);
const before = all.map((received) => received());
await delay(8_000);
process.stdout.write(JSON.stringify(all.map((received, index) => received() - (before[index] ?? 0))));
process.exit(0);
