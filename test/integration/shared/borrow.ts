import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';
import { z } from 'zod';

/** An API server that is this file's until it is given back, or the file ends. */
export interface BorrowedPlane {
  kubeconfigPath: string;
  giveBack(): void;
}

const Answer = z.union([z.object({ kubeconfigPath: z.string() }), z.object({ problem: z.string() })]);

/** A real API server with our kinds, the namespace `metalwright`, and nothing else of ours. It must not be stopped. */
export async function borrowPlane(): Promise<BorrowedPlane> {
  const socket = connect(inject('planes'));
  socket.unref();
  for await (const line of createInterface(socket)) {
    const answer = Answer.parse(JSON.parse(line));
    if ('problem' in answer) throw new Error(`no API server: ${answer.problem}`);
    return { kubeconfigPath: answer.kubeconfigPath, giveBack: () => socket.destroy() };
  }
  throw new Error('no API server: the lender has gone');
}
