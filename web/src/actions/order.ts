import type { ActionParameters } from '../../../src/api/machine-action/schema.ts';
import type { ActionName } from '../../../src/domain/lifecycle/actions.ts';
import { request } from '../api/client.ts';
import { type Problem, problemOf } from '../api/problem.ts';

/** An order to some machines. */
export interface Order {
  action: ActionName;
  parameters?: ActionParameters;
  /** Why, for those who read it later. */
  message?: string;
}

/** What came of the order to one machine. */
export interface OrderResult {
  machine: string;
  /** The name of the MachineAction that was made. */
  action?: string;
  /** Why none was made. */
  problem?: Problem;
}

/** Machines of one request: few enough that progress is seen. */
const pieceLength = 25;

/**
 * Orders piece by piece. What fails for one machine fails for it alone; a request that fails as a whole fails for its piece.
 *
 * @param onProgress told of all results so far
 */
export async function orderAll(
  names: readonly string[],
  order: Order,
  onProgress: (results: readonly OrderResult[]) => void,
  send: typeof sendPiece = sendPiece,
): Promise<OrderResult[]> {
  const results: OrderResult[] = [];
  for (let at = 0; at < names.length; at += pieceLength) {
    const piece = names.slice(at, at + pieceLength);
    results.push(...(await send(piece, order).catch((error: unknown) => failed(piece, error))));
    onProgress([...results]);
  }
  return results;
}

function failed(names: readonly string[], error: unknown): OrderResult[] {
  return names.map((machine) => ({ machine, problem: problemOf(error) }));
}

async function sendPiece(names: readonly string[], order: Order): Promise<OrderResult[]> {
  const { results } = await request<{ results: OrderResult[] }>('/machines/actions', {
    method: 'POST',
    body: { names, ...order },
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  return results;
}
