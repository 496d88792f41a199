#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import packageJson from '../../package.json' with { type: 'json' };
import type { Cluster, Context, RestEnvironment, Terminal } from '../cli/command.ts';
import { commands } from '../cli/commands/table.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { main, type Where } from '../cli/main.ts';
import { proxyFor } from '../cli/proxy.ts';
import { rawTerminal } from './raw-terminal.ts';

/** `mw`, also `kubectl mw`. What talks to the API server is loaded when a command needs it: `mw --help` answers at once. */
async function start(): Promise<void> {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  process.once('SIGTERM', () => interrupt.abort());
  // `mw … | head`: who does not read on wants no more.
  process.stdout.on('error', () => process.exit(0));
  const open: (() => Promise<void>)[] = [];
  const contextFor = (where: Where): Context => {
    let cluster: Promise<Cluster> | undefined;
    return {
      terminal: terminal(),
      raw: rawTerminal(process),
      version: packageJson.version,
      rest: restEnvironment(),
      cluster: () => {
        cluster ??= connect(where).then((connected) => {
          open.push(connected.close);
          return connected.cluster;
        });
        return cluster;
      },
      now: () => Date.now(),
      signal: interrupt.signal,
      readFile: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
    };
  };
  const exit = await main(process.argv.slice(2), commands, contextFor);
  process.exitCode = exitCodes[exit].code;
  await Promise.all(open.map((close) => close()));
}

function terminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    columns: stdout.isTTY ? stdout.columns : undefined,
    colour: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    out: (words) => stdout.write(words),
    err: (words) => stderr.write(words),
  };
}

function restEnvironment(): RestEnvironment {
  const given = (name: string): string | undefined => process.env[name] || undefined;
  return {
    server: given('METALWRIGHT_SERVER'),
    token: given('METALWRIGHT_TOKEN'),
    serverCa: given('METALWRIGHT_SERVER_CA'),
    proxies: {
      https: given('HTTPS_PROXY') ?? given('https_proxy'),
      http: given('HTTP_PROXY') ?? given('http_proxy'),
      no: given('NO_PROXY') ?? given('no_proxy'),
    },
  };
}

async function connect({
  kubeconfig,
  context,
}: Where): Promise<{ cluster: Cluster; close(): Promise<void> }> {
  const { connectTo } = await import('../kube/connect.ts');
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const paths =
    kubeconfig === undefined
      ? listed.length > 0
        ? listed
        : [join(homedir(), '.kube', 'config')]
      : [kubeconfig];
  const { client, transport, listTable, ...who } = await connectTo(paths, context, (server) =>
    proxyFor(server, restEnvironment().proxies ?? {}),
  );
  return {
    cluster: { client, ...who, table: (resource, options) => listTable(transport, resource, options) },
    close: () => client.close(),
  };
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
