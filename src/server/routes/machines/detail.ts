import { createHash } from 'node:crypto';
import { z } from 'zod';
import { allocationKind } from '../../../api/allocation/schema.ts';
import { ipAddressKind } from '../../../api/ip-address/schema.ts';
import { type Machine, machineKind } from '../../../api/machine/schema.ts';
import { machineActionKind } from '../../../api/machine-action/schema.ts';
import { adviceOn } from '../../../domain/lifecycle/advice.ts';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import { isRecord } from '../../../kube/json.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { createParts, MissingPart } from '../../parts.ts';
import { isNoneMatch } from '../../preconditions.ts';
import { attributesOf, ObjectPath, readSchema, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { machineForOwner } from '../../tenancy.ts';
import { troubleOf } from '../overview/troubles.ts';

const mostActions = 20;

const objectOf = (noun: string) => readSchema(resourceOf(noun));

const Detail = z.object({
  machine: objectOf('machines'),
  advice: z.string().optional().describe('What to do about its failure, or about what it waits for.'),
  inventory: objectOf('machine-inventories').optional(),
  actions: z.array(objectOf('machine-actions')).optional().describe('Its last twenty, the latest first.'),
  allocation: objectOf('allocations').optional().describe('The one that holds it.'),
  image: objectOf('images').optional().describe('What it is, or is being, installed with.'),
  addresses: z.array(objectOf('ip-addresses')).optional().describe('Its IPAddresses.'),
  racks: z.array(objectOf('racks')).optional().describe('The racks that have to do with it.'),
  missing: z.array(MissingPart).describe('Parts that are not there, and why.'),
});

/** All that a page about one machine shows. */
export function machineDetailRoutes(deps: ServerDeps): ApiRoute[] {
  const { access, caches } = deps;

  /** One object that the caller may get. Errors: Forbidden. */
  async function one(noun: string, caller: Caller, name: string, namespace?: string) {
    await access.require(caller, attributesOf(resourceOf(noun), 'get', { name, namespace }));
    return caches.of(noun).get(name, namespace);
  }

  async function all(noun: string, caller: Caller): Promise<KubeObject[]> {
    await access.require(caller, attributesOf(resourceOf(noun), 'list'));
    return caches.of(noun).list();
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/machines/{name}/detail',
      id: 'getMachineDetail',
      tag: 'machines',
      summary: 'A machine with its inventory, actions, Allocation, image, addresses and racks',
      description:
        'Each part needs the right to read it. What you may not see, and what there is not, is left out and named in missing.',
      pathSchema: ObjectPath,
      querySchema: noParameters,
      headers: { 'If-None-Match': 'An ETag: 304 without a body, when nothing has changed.' },
      bodySchema: noBody,
      answers: {
        200: {
          description: 'The machine and what belongs to it.',
          schema: Detail,
          headers: { ETag: 'For If-None-Match.' },
        },
        304: { description: 'Nothing has changed.' },
      },
      problems: ['Forbidden', 'NotFound'],
      async handle({ path: { name }, caller, header }) {
        const found = await machineForOwner(deps, caller, name);
        if (found === undefined) throw serverError('NotFound', `there is no Machine ${name}`);
        const machine = machineKind.parse(found);
        const parts = createParts();
        const there = <T>(part: string, value: T | undefined, why: string): T | undefined =>
          value ?? parts.without(part, why);
        const holder = machine.status?.allocation;
        const allocation =
          holder === undefined
            ? parts.without('allocation', 'no Allocation holds it')
            : await parts.of('allocation', async () =>
                there(
                  'allocation',
                  await one('allocations', caller, holder.name, holder.namespace),
                  'it is gone',
                ),
              );
        const imageName =
          machine.status?.task?.image ??
          (allocation === undefined ? undefined : allocationKind.parse(allocation).spec.image);
        const reason = troubleOf(machine)?.reason;
        const body = {
          machine,
          advice: reason === undefined ? undefined : adviceOn(reason),
          inventory: await parts.of('inventory', async () => {
            await machineForOwner(deps, caller, name, 'machine-inventories');
            const inventory = caches.of('machine-inventories').get(name);
            return there('inventory', inventory, 'it was not commissioned yet');
          }),
          actions: await parts.of('actions', async () =>
            actionsOf(name, await all('machine-actions', caller)),
          ),
          allocation,
          image:
            imageName === undefined
              ? parts.without('image', 'it is installed with none')
              : await parts.of('image', async () =>
                  there(
                    'image',
                    await one('images', caller, imageName),
                    `there is no BootImage ${imageName}`,
                  ),
                ),
          addresses: await parts.of('addresses', async () =>
            (await all('ip-addresses', caller)).filter(
              (object) => ipAddressKind.parse(object).spec.machine === name,
            ),
          ),
          racks: await parts.of('racks', async () => {
            const names = racksOf(machine);
            return (await all('racks', caller)).filter(({ metadata }) => names.has(metadata.name));
          }),
          missing: parts.missing,
        };
        const etag = etagOfAll(body);
        if (isNoneMatch(header('if-none-match'), etag)) return { status: 304, headers: { etag } };
        return { status: 200, headers: { etag }, body };
      },
    }),
  ];
}

function actionsOf(machine: string, objects: readonly KubeObject[]): KubeObject[] {
  return objects
    .map((object) => machineActionKind.parse(object))
    .filter(({ spec }) => spec.machine === machine)
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1))
    .slice(0, mostActions);
}

function racksOf({ status }: Machine): Set<string> {
  const names = [
    status?.bootProgress?.rack,
    status?.power?.result?.rack,
    status?.virtualMedia?.rack,
    ...(status?.bmcReach ?? []).map(({ rack }) => rack),
  ];
  return new Set(names.flatMap((name) => name ?? []));
}

/** Weak: the same versions of the same objects, and the same parts left out. */
function etagOfAll(body: Record<string, unknown>): string {
  const hash = createHash('sha1');
  for (const [part, value] of Object.entries(body)) {
    const objects = (Array.isArray(value) ? value : [value]).map((object: unknown) =>
      isRecord(object) && isRecord(object.metadata)
        ? `${String(object.metadata.uid)} ${String(object.metadata.resourceVersion)}`
        : object,
    );
    hash.update(`${JSON.stringify([part, objects])}\n`);
  }
  return `W/"${hash.digest('base64url')}"`;
}
