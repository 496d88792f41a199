import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../../lab/process/poll.ts';

const user = 65532;
const script = ['sh', '/etc/metalwright/postgresql/postgresql.sh'];
const volumePath = 'var/lib/metalwright/postgresql';

/** Files of a ConfigMap or of a Secret, by their keys. */
export type Files = Readonly<Record<string, string>>;

/** What the pod of the chart's PostgreSQL is made of, as the chart has it. */
export interface PodParts {
  /** Of the test: the pod's root is made in it, and the volume, which outlives the pod. */
  directory: string;
  settings: Files;
  certificate: Files;
  port: number;
}

/** One life of the pod. */
export interface Pod {
  output(): string;
  /** The exit code, when it has ended. */
  readonly ended: Promise<number | null>;
  /** SIGTERM to its first process, as the kubelet does it. */
  stop(): Promise<number | null>;
  /** SIGKILL to all of it. */
  kill(): Promise<number | null>;
  /** A word of the script beside it, as `kubectl exec` would. Fails with what it says. */
  exec(word: string, input?: Buffer): Buffer;
}

/** Within namespaces of its own: a root of Debian's programs that nobody can write, a user without capabilities. */
const prepare = [
  'set -e',
  'mount --make-rprivate /',
  'mount --bind "$ROOT" "$ROOT"',
  'mount --rbind /usr "$ROOT/usr"',
  `mount --bind "$ROOT/${volumePath}" "$ROOT/${volumePath}"`,
  'for each in tmp run/postgresql dev/shm; do mount -t tmpfs -o mode=1777 tmpfs "$ROOT/$each"; done',
  'mount -t proc proc "$ROOT/proc"',
  'mount --bind /dev/null "$ROOT/dev/null"',
  'mount -o remount,bind,ro "$ROOT"',
  `exec chroot "$ROOT" setpriv --reuid=${user} --regid=${user} --groups=${user} --no-new-privs --bounding-set=-all "$@"`,
].join('\n');

/** A place for lives of the pod, one after the other. Needs root. */
export function makePodPlace({ directory, settings, certificate, port }: PodParts) {
  const root = join(directory, 'root');
  const at = (path: string): string => join(root, path);
  const folders = ['usr', 'proc', 'dev/shm', 'tmp', 'run/postgresql', volumePath];
  for (const path of [...folders, 'etc/metalwright/postgresql', 'etc/metalwright/tls']) {
    mkdirSync(at(path), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, at(name));
  for (const [name, text] of Object.entries(settings)) {
    writeFileSync(at(`etc/metalwright/postgresql/${name}`), text);
  }
  writeFileSync(at('etc/passwd'), settings.passwd ?? '');
  writeFileSync(at('dev/null'), '');

  /** As a Secret is mounted with `defaultMode: 0440` and `fsGroup`. */
  const writeCertificate = (files: Files): void => {
    for (const [name, text] of Object.entries(files)) {
      const path = at(`etc/metalwright/tls/${name}`);
      writeFileSync(path, text);
      chownSync(path, 0, user);
      chmodSync(path, 0o440);
    }
  };
  writeCertificate(certificate);

  return {
    writeCertificate,
    /** What is in the volume. */
    files: (): string[] => readdirSync(at(volumePath)).sort(),
    /** Changes a file of the volume. */
    write: (path: string, text: string): void => writeFileSync(join(at(volumePath), path), text),
    makeFolder: (path: string): void => mkdirSync(join(at(volumePath), path)),
    start(variables: Readonly<Record<string, string>>): Pod {
      // What `fsGroup` does to a volume before a pod starts.
      execFileSync('chgrp', ['-R', String(user), at(volumePath)]);
      execFileSync('chmod', ['-R', 'g+rwX', at(volumePath)]);
      const env = {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        ROOT: root,
        LISTEN_ADDRESSES: '127.0.0.1',
        PGPORT: String(port),
        ...variables,
      };
      const namespaces = ['--mount', '--pid', '--fork'];
      const child = spawn('unshare', [...namespaces, 'sh', '-c', prepare, 'sh', ...script], { env });
      const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
      const first = (): string =>
        readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
        if (child.exitCode === null && child.signalCode === null) process.kill(Number(first()), name);
      };
      return {
        output: () => output,
        ended,
        async stop() {
          signal('SIGTERM');
          return ended;
        },
        async kill() {
          signal('SIGKILL');
          return ended;
        },
        exec(word, input) {
          const enter = ['--target', first(), '--mount', '--pid', '--root', '--wd=/'];
          const as = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
          const options = { env, stdio: 'pipe', maxBuffer: 64_000_000, timeout: 60_000 } as const;
          return execFileSync('nsenter', [...enter, ...as, ...script, word], { ...options, input });
        },
      };
    },
  };
}

/** Waits until the pod's probe says that it is ready; fails with what it said when it ends before. */
export async function untilReady(pod: Pod): Promise<void> {
  let over = false;
  void pod.ended.then(() => {
    over = true;
  });
  await poll(
    () => {
      try {
        return pod.exec('ready').length === 0 ? true : undefined;
      } catch {
        return undefined;
      }
    },
    {
      what: () => `PostgreSQL to be ready: ${pod.output()}`,
      timeoutMs: 120_000,
      intervalMs: 200,
      check: () => {
        if (over) throw new Error(`the pod ended: ${pod.output()}`);
      },
    },
  );
}
