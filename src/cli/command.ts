import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, Resource } from '../kube/resource.ts';
import type { ServerTable } from '../kube/table.ts';
import type { Credentials } from '../kube/transport.ts';
import type { Exit } from './exit-codes.ts';
import type { KindName } from './kinds.ts';
import type { ProxyEnvironment } from './proxy.ts';

/** What a shell may offer for a word. */
export type Completes = KindName | 'file' | 'namespace' | 'command' | readonly string[];

/** `--name VALUE`, or `--name` alone. */
export interface OptionSpec {
  name: string;
  short?: string;
  /** Placeholder of its value; absent: it takes none. */
  value?: string;
  summary: string;
  /** May be given more than once. */
  multiple?: boolean;
  completes?: Completes;
}

/** A word without dashes. */
export interface ArgumentSpec {
  name: string;
  summary: string;
  optional?: boolean;
  /** The rest of the line; the last argument alone. */
  multiple?: boolean;
  completes?: Completes;
}

/** One command: what help, completion and the reference are made from. Light: what carries it out is loaded when it runs. */
export interface CommandSpec {
  /** `['machine', 'power', 'on']`. */
  path: readonly string[];
  summary: string;
  details?: string;
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  /** Command lines without `mw`, each with what it does. */
  examples?: readonly { line: string; what: string }[];
  /** It makes or changes objects: it has --dry-run, and `mw manifest` shows what it would apply. */
  writes?: boolean;
  load(): Promise<{ run: Run }>;
}

export type Run = (invocation: Invocation, context: Context) => Promise<Exit>;

/** A command line that was understood. */
export interface Invocation {
  command: CommandSpec;
  arguments: readonly string[];
  /** Values of options by long name. */
  options: ReadonlyMap<string, readonly string[]>;
  /** `mw manifest`: what would be applied is shown, and nobody is asked. */
  manifest: boolean;
}

/** Where words go. */
export interface Terminal {
  /** undefined: no terminal, or one that does not say; lines are not cut. */
  columns: number | undefined;
  colour: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** The API server of a context. */
export interface Cluster {
  client: KubeClient;
  context: string;
  server: string;
  /** Of the context. */
  namespace: string;
  /** What its requests are sent with; absent where there is nothing of the kind (tests). */
  credentials?(): Promise<Credentials>;
  /** Lists as the API server prints them; absent where it cannot (tests). */
  table?(
    resource: Resource<KubeObject>,
    options: {
      namespace?: string | undefined;
      labelSelector?: string | undefined;
      fieldSelector?: string | undefined;
    },
  ): Promise<ServerTable>;
}

/** The person's terminal as it comes: bytes that nobody interprets. */
export interface RawTerminal {
  /** Somebody may type: standard input is a terminal. */
  canType: boolean;
  /** Shows what a machine says. */
  write(bytes: Uint8Array): void;
  /**
   * Takes the keys: all of them as bytes, Ctrl-C too, and nothing shows them.
   *
   * @param keys `ended`: the terminal is gone
   * @returns gives the terminal back as it was; a second time does nothing
   */
  take(keys: { typed(bytes: Uint8Array): void; ended(): void }): () => void;
}

/** What the environment says of the REST API. */
export interface RestEnvironment {
  /** METALWRIGHT_SERVER */
  server?: string | undefined;
  /** METALWRIGHT_TOKEN */
  token?: string | undefined;
  /** METALWRIGHT_SERVER_CA: the path of a file. */
  serverCa?: string | undefined;
  /** HTTPS_PROXY and its like. */
  proxies?: ProxyEnvironment | undefined;
}

/** All that a command may touch. */
export interface Context {
  terminal: Terminal;
  /** Absent where there is none (tests). */
  raw?: RawTerminal;
  version: string;
  /** For commands that ask the REST API. */
  rest: RestEnvironment;
  /** Throws KubeError KubeconfigInvalid. Nothing is sent yet. */
  cluster(): Promise<Cluster>;
  /** Epoch milliseconds. */
  now(): number;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** UTF-8. `-` is standard input. */
  readFile(path: string): Promise<string>;
}

/** The last value of an option, or undefined. */
export function option(invocation: Invocation, name: string): string | undefined {
  return invocation.options.get(name)?.at(-1);
}

export function flag(invocation: Invocation, name: string): boolean {
  return invocation.options.has(name);
}

/** The n-th argument, which the command declares as needed. */
export function argument(invocation: Invocation, index: number): string {
  const value = invocation.arguments[index];
  if (value === undefined)
    throw new RangeError(`${invocation.command.path.join(' ')} has no argument ${index}`);
  return value;
}

/** As the user would type it. */
export function spelling({ path }: Pick<CommandSpec, 'path'>): string {
  return ['mw', ...path].join(' ');
}
