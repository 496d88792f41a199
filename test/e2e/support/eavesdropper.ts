import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Somebody who reads along on the provisioning network. */
export interface Eavesdropper {
  /** Every boot token that went over the wire in a script for this MAC address, in the order heard. */
  tokensFor(mac: string): string[];
  stop(): void;
}

const token = /mw\.token=([\w-]+)/;

/**
 * Listens on a bridge to what a rack's HTTP port sends; resolves when it hears everything. Only packets that are
 * shorter than a full segment are looked at: scripts are, images are not.
 */
export async function eavesdrop(bridge: string, httpPort: number): Promise<Eavesdropper> {
  const heard = new Map<string, Set<string>>();
  const filter = `tcp src port ${httpPort} and less 1450`;
  const child = spawn('tcpdump', ['-i', bridge, '-A', '-l', '-n', '-e', '-s', '0', filter], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let to = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    to = / > ((?:[0-9a-f]{2}:){5}[0-9a-f]{2}), /.exec(line)?.[1] ?? to;
    const found = token.exec(line)?.[1];
    if (found === undefined) return;
    const known = heard.get(to) ?? new Set();
    heard.set(to, known.add(found));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.startsWith('listening on')) resolve();
    });
  });
  return {
    tokensFor: (mac) => [...(heard.get(mac) ?? [])],
    stop: () => child.kill(),
  };
}
