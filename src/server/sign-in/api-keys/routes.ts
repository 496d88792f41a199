import { z } from 'zod';
import type { Logger } from '../../../log/logger.ts';
import { serverError } from '../../errors.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import type { SignedIn } from '../identify.ts';
import type { ApiKeys } from './keys.ts';
import type { StoredKey } from './store.ts';

const ApiKey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional().describe('To within an hour. Missing: never yet.'),
});

/** Keys for scripts. @param mostDays how long a key may live */
export function apiKeyRoutes(keys: ApiKeys, mostDays: number, log: Logger): ApiRoute[] {
  const Wanted = z.strictObject({
    name: z
      .string()
      .min(1)
      .max(64)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: spelt out, for those who read the document without \p
      .regex(/^[^\u0000-\u001f\u007f-\u009f]+$/, 'no control characters')
      .describe('What it is for.'),
    expiresInDays: z
      .int()
      .min(1)
      .max(mostDays)
      .optional()
      .describe(`Default: ${Math.min(90, mostDays)}.`),
  });
  const KeyPath = z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/, 'the id of a key') });
  const shared = { tag: 'api-keys', pathSchema: noParameters, querySchema: noParameters } as const;

  return [
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/api/v1/api-keys',
      id: 'listApiKeys',
      summary: 'Your API keys',
      bodySchema: noBody,
      answers: {
        200: { description: 'Those that are good still.', schema: z.object({ items: z.array(ApiKey) }) },
      },
      problems: ['Misconfigured'],
      handle: async ({ caller }) => ({
        status: 200,
        body: { items: (await keys.list(caller)).map(shown) },
      }),
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/api/v1/api-keys',
      id: 'createApiKey',
      summary: 'Create an API key, which acts as you',
      bodySchema: Wanted,
      answers: {
        201: {
          description: 'The key: nobody can look it up again.',
          schema: ApiKey.extend({ key: z.string().describe('For Authorization: Bearer.') }),
        },
      },
      problems: ['Forbidden', 'Misconfigured', 'TooManyKeys'],
      async handle({ body, caller, signedIn }) {
        requirePerson(signedIn);
        const days = body.expiresInDays ?? Math.min(90, mostDays);
        const { key, stored } = await keys.create(caller, { name: body.name, days });
        log.info({ user: caller.user.username, apiKey: stored.id }, 'an API key was made');
        return { status: 201, body: { ...shown(stored), key }, headers: { 'cache-control': 'no-store' } };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/api/v1/api-keys/{id}',
      id: 'deleteApiKey',
      summary: 'Revoke an API key',
      pathSchema: KeyPath,
      bodySchema: noBody,
      answers: {
        204: { description: 'It is good for nothing any more, at other replicas within five seconds.' },
      },
      problems: ['Misconfigured', 'NotFound'],
      async handle({ path, caller }) {
        await keys.revoke(caller, path.id);
        log.info({ user: caller.user.username, apiKey: path.id }, 'an API key was revoked');
        return { status: 204 };
      },
    }),
  ];
}

/** A key that leaks must not become many. Errors: Forbidden. */
function requirePerson({ by }: SignedIn): void {
  if (by === 'ApiKey') throw serverError('Forbidden', 'an API key cannot make another: sign in');
}

function shown({ id, name, createdAt, expiresAt, lastUsedAt }: StoredKey) {
  return { id, name, createdAt, expiresAt, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
}
