import { execFile, execFileSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Debian package that each program of these tests comes from. */
const packages = {
  'mkfs.ext2': 'e2fsprogs',
  ip: 'iproute2',
  dhclient: 'isc-dhcp-client',
  perfdhcp: 'kea-admin',
  tftp: 'tftp-hpa',
  atftp: 'atftp',
  busybox: 'busybox',
  nft: 'nftables',
  curl: 'curl',
  dnsmasq: 'dnsmasq-base',
  tcpdump: 'tcpdump',
  dhcrelay: 'isc-dhcp-relay',
  scapy: 'python3-scapy',
  'qemu-system-x86_64': 'qemu-system-x86',
} as const;

/** A program that these tests know the package of. */
export type Tool = keyof typeof packages;

/** Fails with the name of the Debian package when a program is missing, or without root. */
export function requireTools(...tools: Tool[]): void {
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root');
  for (const tool of tools) {
    try {
      execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`]);
    } catch {
      throw new Error(`${tool} is missing: apt-get install ${packages[tool]}`);
    }
  }
}

/** What a finished program left. */
export interface Finished {
  code: number;
  /** Standard output, then standard error. */
  output: string;
}

/** A program that goes on in a namespace. */
export interface Background {
  /** The process, which replaces `ip netns exec`. */
  readonly pid: number | undefined;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves when `output()` matches; rejects with the output when it ends before, or after `ms`. */
  until(pattern: RegExp, ms?: number): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** One network namespace. */
export interface Namespace {
  readonly name: string;
  ip(...args: string[]): Promise<void>;
  /** Runs to the end, whatever the exit code. */
  run(command: string[], options?: { timeoutMs?: number; input?: string }): Promise<Finished>;
  start(command: string[]): Background;
}

/** Namespaces of one test file, and an end to all of them. */
export interface Netns {
  create(name: string): Promise<Namespace>;
  /** A cable between two namespaces: interface `aDevice` of `a` to `bDevice` of `b`, both up. */
  cable(a: Namespace, aDevice: string, b: Namespace, bDevice: string): Promise<void>;
  /** Stops what was started and removes every namespace, with all interfaces in them. */
  close(): Promise<void>;
}

/** See `Netns`. The names of the namespaces carry this process's id, so that test runs do not meet. */
export function createNetns(): Netns {
  requireTools('ip');
  const names: string[] = [];
  const running = new Set<Background>();
  return {
    async create(short) {
      const name = `mw${process.pid}-${short}`;
      await run('ip', ['netns', 'add', name]);
      names.push(name);
      const space: Namespace = {
        name,
        async ip(...args) {
          await run('ip', ['-n', name, ...args]);
        },
        run: (command, options) => finish(name, command, options),
        start(command) {
          const background = begin(name, command, () => running.delete(background));
          running.add(background);
          return background;
        },
      };
      await space.ip('link', 'set', 'lo', 'up');
      return space;
    },
    async cable(a, aDevice, b, bDevice) {
      await run('ip', [
        ...['link', 'add', aDevice, 'netns', a.name, 'type', 'veth'],
        ...['peer', 'name', bDevice, 'netns', b.name],
      ]);
      await a.ip('link', 'set', aDevice, 'up');
      await b.ip('link', 'set', bDevice, 'up');
    },
    async close() {
      await Promise.all([...running].map((background) => background.stop('SIGKILL')));
      for (const name of names.splice(0)) {
        // Daemons that clients left behind: only what runs in a namespace of our own.
        const { stdout } = await run('ip', ['netns', 'pids', name]);
        for (const pid of stdout.split('\n').filter(Boolean)) await run('kill', ['-9', pid]).catch(() => {});
        await run('ip', ['netns', 'delete', name]);
      }
    },
  };
}

function finish(
  name: string,
  command: string[],
  options: { timeoutMs?: number; input?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      'ip',
      ['netns', 'exec', name, ...command],
      { timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, output: stdout + stderr });
      },
    );
    // A program that reads nothing may be over before this.
    child.stdin?.on('error', () => {}).end(options.input ?? '');
  });
}

function begin(name: string, command: string[], ended: () => void): Background {
  const child = spawn('ip', ['netns', 'exec', name, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let over = false;
  const watchers = new Set<() => void>();
  const notify = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      notify();
    });
  }
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => {
      over = true;
      ended();
      notify();
      resolve();
    });
  });
  return {
    pid: child.pid,
    output: () => text,
    until: (pattern, ms = 20_000) =>
      new Promise((resolve, reject) => {
        const settle = (error?: Error): void => {
          clearTimeout(timer);
          watchers.delete(look);
          if (error) reject(error);
          else resolve();
        };
        const look = (): void => {
          if (pattern.test(text)) settle();
          else if (over) settle(new Error(`${command[0]} ended before ${pattern}:\n${text}`));
        };
        const timer = setTimeout(() => settle(new Error(`no ${pattern} within ${ms} ms:\n${text}`)), ms);
        watchers.add(look);
        look();
      }),
    async stop(signal = 'SIGTERM') {
      if (!over) child.kill(signal);
      await closed;
    },
  };
}
