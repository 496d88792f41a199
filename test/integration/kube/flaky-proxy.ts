import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { loadKubeConfig, readCredentials } from '../../../src/kube/kubeconfig.ts';

/** What the proxy does to requests; changed at any time, also under a running watch. */
export interface Faults {
  /** Accepts and sends nothing any more, neither to new requests nor to running ones. */
  stall: boolean;
  /** Answers each request with this status instead of asking the API server. */
  refuseWith: number | undefined;
  /** Each answer is delayed by this, in milliseconds. */
  delayMs: number;
  /** The next watch is told that its version is gone. */
  goneOnce: boolean;
  /** The next watch events are cut after half of their bytes and the answer is ended as if it were whole. */
  truncateOnce: boolean;
}

export interface FlakyProxy {
  url: string;
  faults: Faults;
  /** Breaks every open connection. */
  cut(): void;
  /** Requests since the last call, as `METHOD path`. */
  takeRequests(): string[];
  /** How many those would be. */
  requestCount(): number;
  /** Watches that are open now. */
  openWatches(): number;
  /** Goes to another API server from now on. */
  retarget(kubeconfigPath: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * A plain HTTP server, on loopback unless told otherwise, before the API server of a kubeconfig, with its credentials: between a client and the real
 * thing, doing what networks and load balancers do.
 */
export async function startFlakyProxy(kubeconfigPath: string, host = '127.0.0.1'): Promise<FlakyProxy> {
  let target = await readCredentials(loadKubeConfig(kubeconfigPath));
  const faults: Faults = {
    stall: false,
    refuseWith: undefined,
    delayMs: 0,
    goneOnce: false,
    truncateOnce: false,
  };
  const sockets = new Set<Socket>();
  let requests: string[] = [];
  let openWatches = 0;

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const url = new URL(`${target.server}${incoming.url ?? ''}`);
    const isWatch = url.searchParams.get('watch') === 'true';
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const upstream = request(url, {
      ...target.tls,
      method: incoming.method,
      headers: { ...incoming.headers, ...target.headers, host: url.host },
    });
    upstream.on('response', (answer) => {
      if (isWatch) openWatches++;
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      outgoing.flushHeaders();
      answer.on('data', (piece: Buffer) => {
        if (faults.stall) return;
        if (isWatch && faults.truncateOnce) {
          faults.truncateOnce = false;
          outgoing.end(piece.subarray(0, Math.floor(piece.length / 2)));
          upstream.destroy();
          return;
        }
        setTimeout(() => outgoing.write(piece), faults.delayMs);
      });
      answer.on('end', () => {
        if (!faults.stall) setTimeout(() => outgoing.end(), faults.delayMs);
      });
      answer.on('close', () => {
        if (isWatch) openWatches--;
      });
      answer.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    requests.push(`${incoming.method} ${path}`);
    if (faults.stall) return;
    if (faults.refuseWith !== undefined) {
      outgoing.writeHead(faults.refuseWith).end('<html>the test says no</html>');
      return;
    }
    if (faults.goneOnce && path.includes('watch=true')) {
      faults.goneOnce = false;
      outgoing.writeHead(410, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
      return;
    }
    forward(incoming, outgoing);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    url: `http://${host}:${port}`,
    faults,
    cut,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    requestCount: () => requests.length,
    openWatches: () => openWatches,
    async retarget(path) {
      target = await readCredentials(loadKubeConfig(path));
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The text of a kubeconfig without credentials for the proxy. */
export function proxyKubeconfig(url: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
    'current-context': 'proxy',
  });
}
