import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { messageOf } from '../../../src/errors/coded-error.ts';
import { type Plane, startPlane } from './plane.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the socket at which API servers are lent. */
    planes: string;
  }
}

/**
 * Lends API servers to test files: starting one takes seconds of both cores, making one as new takes a moment. A file connects and
 * is told a kubeconfig; when its connection ends, the API server goes to the next. Started by vitest, once for all files.
 */
export default async function lend(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-planes-'));
  const path = join(directory, 'socket');
  const idle: Plane[] = [];
  const all = new Set<Plane>();

  async function take(): Promise<Plane> {
    for (let plane = idle.pop(); plane !== undefined; plane = idle.pop()) {
      if (await plane.reset().catch(() => false)) return plane;
      all.delete(plane);
      await plane.stop();
    }
    const fresh = await startPlane();
    all.add(fresh);
    await fresh.reset();
    return fresh;
  }

  async function serve(socket: Socket): Promise<void> {
    const ended = new Promise<void>((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    try {
      const plane = await take();
      socket.write(`${JSON.stringify({ kubeconfigPath: plane.kubeconfigPath })}\n`);
      await ended;
      idle.push(plane);
    } catch (error) {
      socket.end(`${JSON.stringify({ problem: messageOf(error) })}\n`);
    }
  }

  const server = createServer((socket) => void serve(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  project.provide('planes', path);
  return async () => {
    server.close();
    await Promise.all([...all].map((plane) => plane.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
}
