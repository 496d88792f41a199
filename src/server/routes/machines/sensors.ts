import { z } from 'zod';
import { machineKind } from '../../../api/machine/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import type { RackClient } from '../../racks/rack-client.ts';
import { ObjectPath } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { SensorPage, SensorReading } from '../../sensors/rack-sensors.ts';
import { callerToken } from '../../sign-in/caller-token.ts';
import { machineForOwner } from '../../tenancy.ts';

const Sensors = z.object({
  rack: z.string().optional().describe('Who reads them.'),
  at: z.string().optional().describe('When they were read.'),
  sensors: z.array(SensorReading),
  detail: z.string().optional().describe('Why there are none.'),
  history: z.boolean().describe('What they read over time is kept: getMachineSensorHistory has it.'),
});
type Readings = Omit<z.infer<typeof Sensors>, 'history'>;

/** What sensors of a machine read last, which only a rack knows. @param history whether what they read is kept */
export function machineSensorRoutes(
  deps: ServerDeps,
  racks: { client: RackClient; token(): Promise<string | undefined> },
  history: boolean,
): ApiRoute[] {
  const none = (detail: string, rack?: string): Readings => ({
    ...(rack === undefined ? {} : { rack }),
    ...{ sensors: [], detail },
  });

  async function ask(
    machine: string,
    rack: string | undefined,
    passed: string | undefined,
  ): Promise<Readings> {
    if (rack === undefined) return none('no rack has read the health of this machine');
    const found = deps.caches.of('racks').get(rack);
    const adminUrl = found === undefined ? undefined : rackKind.parse(found).status?.adminUrl;
    if (adminUrl === undefined) return none('the rack has no admin endpoint that this server reaches', rack);
    const token = (await racks.token()) ?? passed;
    if (token === undefined)
      return none('neither the server nor you have a token with which racks know who asks', rack);
    const query = new URLSearchParams({ machine });
    const reply = await racks.client.ask(adminUrl, '/sensors', { token, query, schema: SensorPage });
    if (reply.kind !== 'Answered') return none(reply.why, rack);
    const [item] = reply.body.items;
    if (item === undefined) return none('the rack has not read it since it was started', rack);
    return { rack, at: item.at, sensors: item.sensors };
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/machines/{name}/sensors',
      id: 'getMachineSensors',
      tag: 'machines',
      summary: 'What the sensors of a machine read last',
      description: 'The rack that reads its BMC is asked at that moment. For whom may get the machine.',
      pathSchema: ObjectPath,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 200: { description: 'The readings, or why there are none.', schema: Sensors } },
      problems: ['Forbidden', 'NotFound'],
      async handle({ path: { name }, caller, signedIn, header }) {
        const found = await machineForOwner(deps, caller, name);
        if (found === undefined) throw serverError('NotFound', `there is no Machine ${name}`);
        const { status } = machineKind.parse(found);
        const passed = callerToken(signedIn, header('authorization'));
        const body = { ...(await ask(name, status?.health?.rack, passed)), history };
        return { status: 200, body };
      },
    }),
  ];
}
