import type { FastifyInstance } from 'fastify';
import type { AccessReview } from '../../kube/endpoint/access-review.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import { type ServerError, serverError } from '../errors.ts';

const path = '/metrics';

/** Metrics for whoever has the verb get on this path, as at the admin endpoints of operator and racks. Without a session or a key. */
export function serveMetrics(
  app: FastifyInstance,
  { registry, review }: { registry: Pick<MetricsRegistry, 'text' | 'contentType'>; review: AccessReview },
): void {
  app.get(path, { config: { open: true } }, async ({ headers }, reply) => {
    const refusal = await refusalOf(headers.authorization, review);
    if (refusal !== undefined) throw refusal;
    return reply.type(registry.contentType).send(await registry.text());
  });
}

async function refusalOf(
  authorization: string | undefined,
  review: AccessReview,
): Promise<ServerError | undefined> {
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,16384})$/i.exec(authorization ?? '')?.[1];
  const verdict = token === undefined ? 'Unauthenticated' : await review(token, path);
  switch (verdict) {
    case 'Allowed':
      return undefined;
    case 'Unauthenticated':
      return serverError(
        'Unauthenticated',
        'send Authorization: Bearer and a token that the API server knows',
      );
    case 'Forbidden':
      return serverError(
        'Forbidden',
        `a ClusterRole with ${path} among nonResourceURLs and the verb get is needed`,
      );
    case 'Unknown':
      return serverError('Unavailable', 'the API server cannot be asked who you are', {
        retryAfterSeconds: 1,
      });
  }
}
