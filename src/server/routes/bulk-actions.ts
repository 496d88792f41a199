import { z } from 'zod';
import { ObjectName } from '../../api/fields.ts';
import { ActionParameters, machineActions } from '../../api/machine-action/schema.ts';
import type { UserWrites } from '../../kube/impersonation.ts';
import type { ServerDeps } from '../deps.ts';
import { serverError } from '../errors.ts';
import { Problem, problemOf, serverErrorOf } from '../problem.ts';
import { attributesOf, resourceOf } from '../resources.ts';
import { type ApiRoute, defineRoute, noParameters } from '../route.ts';
import { WriteQuery } from './resources/list-query.ts';

const BulkOrder = z.strictObject({
  names: z
    .array(ObjectName)
    .min(1)
    .max(500)
    .refine((names) => new Set(names).size === names.length, 'every name once')
    .meta({ uniqueItems: true })
    .describe('The machines.'),
  action: z.enum(machineActions),
  parameters: z.strictObject(ActionParameters.shape).optional(),
  message: z.string().max(1024).optional().describe('Why, for those who read it later.'),
});

const Result = z.object({
  machine: z.string(),
  action: z.string().optional().describe('The name of the MachineAction that was made.'),
  problem: Problem.optional().describe('Why none was made.'),
});

/** Orders under way at once for one request. */
const atOnce = 8;

/** One order for many machines: a MachineAction for each, and what came of each. */
export function bulkActionRoutes(deps: ServerDeps): ApiRoute[] {
  const { access, caches, idempotency } = deps;
  const machines = resourceOf('machines');
  const { kind } = resourceOf('machine-actions');

  async function orderOne(
    writes: UserWrites,
    machine: string,
    { names: _names, ...order }: z.infer<typeof BulkOrder>,
    dryRun: boolean,
  ): Promise<string> {
    const generateName = `${machine.slice(0, 200)}-${order.action.toLowerCase()}-`;
    const object = { metadata: { generateName }, spec: { machine, ...order } };
    const made = await writes.create(kind, object, { dryRun });
    return made.metadata.name;
  }

  return [
    defineRoute({
      method: 'POST',
      path: '/api/v1/machines/actions',
      id: 'orderMachineActions',
      tag: 'machine-actions',
      summary: 'One action for many machines',
      description:
        'Makes a MachineAction for each machine. What fails for one of them fails for that one alone: look at results.',
      pathSchema: noParameters,
      querySchema: WriteQuery,
      headers: {
        'Idempotency-Key':
          'Of your own choice. The same request with the same key within ten minutes is answered as the first one was.',
      },
      bodySchema: BulkOrder,
      answers: {
        200: {
          description: 'What came of each, in the order of names.',
          schema: z.object({
            created: z.int().min(0),
            failed: z.int().min(0),
            results: z.array(Result),
          }),
        },
      },
      problems: ['IdempotencyKeyReused'],
      handle: async ({ query, body, caller, header, requestId }) =>
        idempotency.once(
          { caller, key: header('idempotency-key'), request: ['machines/actions', query, body] },
          async () => {
            // Who may not read machines does not learn here which there are.
            const mayLook = await access.may(caller, attributesOf(machines, 'list'));
            const writes = deps.writesOf(caller);
            const results: z.infer<typeof Result>[] = [];
            const order = async (machine: string, at: number): Promise<void> => {
              try {
                if (mayLook && caches.of('machines').get(machine) === undefined) {
                  throw serverError('NotFound', `there is no Machine ${machine}`);
                }
                const action = await orderOne(writes, machine, body, query.dryRun === 'true');
                results[at] = { machine, action };
              } catch (error) {
                results[at] = { machine, problem: problemOf(serverErrorOf(error), requestId) };
              }
            };
            const queue = body.names.entries();
            const work = async (): Promise<void> => {
              for (const [at, machine] of queue) await order(machine, at);
            };
            await Promise.all(Array.from({ length: atOnce }, work));
            const failed = results.filter(({ problem }) => problem !== undefined).length;
            return { status: 200, body: { created: results.length - failed, failed, results } };
          },
        ),
    }),
  ];
}
