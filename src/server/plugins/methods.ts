import type { FastifyInstance } from 'fastify';
import { type ServerError, serverError } from '../errors.ts';
import type { ApiRoute } from '../route.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

/** `{name}` of OpenAPI as the framework writes it. */
export function pathOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** A path that is there with a method that it does not know: 405, with those that it knows. After callers are admitted. */
export function refuseOtherMethods(app: FastifyInstance, routes: readonly ApiRoute[]): void {
  const paths = [...Map.groupBy(routes, ({ path }) => path)].map(([path, served]) => {
    const known: string[] = served.map(({ method }) => method);
    return {
      path,
      known,
      allow: known.includes('GET') ? [...known, 'HEAD'] : known,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    };
  });
  // A path of its own for each: /machines/actions is not a machine called actions.
  for (const { path, known, allow } of paths) {
    app.route({
      method: methods.filter((method) => !known.includes(method)),
      url: pathOf(path),
      config: { refuses: true },
      handler: async () => {
        throw refusal(allow);
      },
    });
  }
  // Methods that the framework has no routes for, before it looks at their bodies.
  app.addHook('onRequest', async ({ is404, url }) => {
    if (!is404) return;
    const [asked = ''] = url.split('?', 1);
    const found = paths.find(({ pattern }) => pattern.test(asked));
    if (found !== undefined) throw refusal(found.allow);
  });
}

function refusal(allow: string[]): ServerError {
  return serverError('MethodNotAllowed', `this path knows ${allow.join(', ')}`, { allow });
}
