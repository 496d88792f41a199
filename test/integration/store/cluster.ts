import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const installed = '/usr/lib/postgresql';
const isRoot = process.getuid?.() === 0;

/** A PostgreSQL of its own in a new directory, on a socket alone. */
export interface Cluster {
  /** Of one of its databases. */
  url(database: string): string;
  /** Runs a client program of PostgreSQL: `pg_dump`, `createdb`. */
  run(program: string, args: readonly string[]): void;
  /** Ends it as a crash would. */
  kill(): void;
  start(): void;
  /** Ends it, and takes its files away. */
  remove(): void;
}

/** The newest that is installed. */
function programs(): string {
  const versions = existsSync(installed) ? readdirSync(installed).map(Number) : [];
  const newest = Math.max(...versions.filter(Number.isInteger));
  if (!Number.isFinite(newest)) throw new Error('PostgreSQL is missing: apt-get install postgresql');
  return join(installed, String(newest), 'bin');
}

/** The server refuses to run as root. */
function asNobody(program: string, args: readonly string[]): void {
  const [command, before] = isRoot
    ? ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program]]
    : [program, []];
  execFileSync(command, [...before, ...args], { stdio: 'pipe', cwd: '/' });
}

/** @param durable syncs what it commits, as one that is not of a test does */
export function startCluster({ durable = false } = {}): Cluster {
  const bin = programs();
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-postgres-'));
  chmodSync(directory, 0o777);
  const data = join(directory, 'data');
  const control = (...args: string[]): void => asNobody(join(bin, 'pg_ctl'), ['-D', data, '-w', ...args]);
  const settings = `-c listen_addresses= -c unix_socket_directories=${directory} -c fsync=${durable ? 'on' : 'off'}`;
  const start = (): void => control('-o', settings, '-t', '60', '-l', join(directory, 'log'), 'start');
  const kill = (): void => control('-m', 'immediate', 'stop');
  asNobody(join(bin, 'initdb'), ['-D', data, '-U', 'metalwright', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  start();
  return {
    url: (database) => `postgres://metalwright@localhost/${database}?host=${encodeURIComponent(directory)}`,
    run: (program, args) => {
      const env = { ...process.env, PGHOST: directory, PGUSER: 'metalwright' };
      execFileSync(join(bin, program), [...args], { stdio: 'pipe', env });
    },
    kill,
    start,
    remove() {
      kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
