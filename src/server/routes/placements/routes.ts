import { z } from 'zod';
import { allocationKind, Constraints } from '../../../api/allocation/schema.ts';
import { Amounts, allocationQuotaKind } from '../../../api/allocation-quota/schema.ts';
import { bootImageKind } from '../../../api/boot-image/schema.ts';
import { ObjectName } from '../../../api/fields.ts';
import { machineKind } from '../../../api/machine/schema.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { attributesOf, NamespacePath, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noParameters } from '../../route.ts';
import { preview } from './preview.ts';

const WishBody = z.strictObject({
  spec: z
    .looseObject({
      image: ObjectName.optional().describe('Missing: not chosen yet; machines of any architecture fit.'),
      constraints: z.strictObject(Constraints.shape).optional(),
    })
    .describe('As the spec of an Allocation, as far as it is filled in. What else it has is not looked at.'),
  names: z.int().min(0).max(100).optional().describe('How many machines to name. Default: 10.'),
});

const PreviewAnswer = z.object({
  machines: z.int().min(0).describe('How many machines there are.'),
  fits: z.int().min(0).describe('How many of them fit now, quotas included.'),
  names: z
    .array(z.string())
    .optional()
    .describe('Machines that fit, first the one that would be taken. Missing: you may not list machines.'),
  reason: z.string().optional().describe('Of an Allocation that waits: why none fits.'),
  message: z.string().optional(),
  constraints: z
    .array(
      z.object({
        constraint: z.string().describe('As a person wrote it: memoryMiB >= 65536.'),
        removed: z.int().min(0).describe('How many machines it took out of those that were left.'),
        left: z.int().min(0).describe('How many it left.'),
        quota: z.boolean().describe('It is an AllocationQuota of the namespace.'),
        message: z.string().describe('The same as a sentence, with the nearest miss.'),
      }),
    )
    .describe('Constraints that took machines out, in the order in which they were tried.'),
  quotas: z
    .array(z.object({ name: z.string(), pool: z.string().optional(), limits: Amounts, used: Amounts }))
    .describe('Every AllocationQuota of the namespace, with what is used of it.'),
});

/** What the scheduler would make of an Allocation that there is not yet. */
export function placementRoutes({ access, caches }: ServerDeps): ApiRoute[] {
  const allocations = resourceOf('allocations');
  return [
    defineRoute({
      method: 'POST',
      writes: false,
      path: '/api/v1/namespaces/{namespace}/placements',
      id: 'previewPlacement',
      tag: 'allocations',
      summary: 'How many machines fit an Allocation now, and why the others do not',
      description:
        'A preview by the scheduler itself. Nothing is stored and nothing reserved; it needs the right to create Allocations in the namespace.',
      pathSchema: NamespacePath,
      querySchema: noParameters,
      bodySchema: WishBody,
      answers: { 200: { description: 'What fits.', schema: PreviewAnswer } },
      problems: ['Forbidden'],
      async handle({ path: { namespace }, body, caller }) {
        await access.require(caller, attributesOf(allocations, 'create', { namespace }));
        const { tags = [], notTags = [], ...rest } = body.spec.constraints ?? {};
        const both = tags.filter((tag) => notTags.includes(tag));
        if (both.length > 0) {
          const message = `${both.join(', ')}: in both tags and notTags, so that no machine could match`;
          throw serverError('BadRequest', message, {
            errors: [{ field: 'body.spec.constraints.notTags', message }],
          });
        }
        const mayList = await access.may(caller, attributesOf(resourceOf('machines'), 'list'));
        const world = {
          machines: caches.of('machines').list().map(machineKind.parse),
          allocations: caches.of('allocations').list().map(allocationKind.parse),
          quotas: caches
            .of('allocation-quotas')
            .list()
            .filter(({ metadata }) => metadata.namespace === namespace)
            .map(allocationQuotaKind.parse),
          imageOf(name: string) {
            const image = caches.of('images').get(name);
            return image === undefined ? undefined : bootImageKind.parse(image);
          },
        };
        const { names, ...answer } = preview(
          { image: body.spec.image, constraints: { ...rest, tags, notTags } },
          world,
          { namespace, most: body.names ?? 10, discreet: !mayList },
        );
        return { status: 200, body: mayList ? { ...answer, names } : answer };
      },
    }),
  ];
}
