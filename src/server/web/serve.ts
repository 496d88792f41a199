import type { FastifyInstance } from 'fastify';
import { answerWith } from './answer.ts';
import { clientRoutes } from './client-routes.ts';
import type { WebFile } from './files.ts';

/**
 * Serves the built UI to everybody: it holds no data. The page itself answers at the paths that it draws, and nowhere else, so
 * that a path of the API that is not there says so.
 */
export function serveWeb(app: FastifyInstance, files: readonly WebFile[]): void {
  const page = files.find(({ path }) => path === '/index.html');
  if (page === undefined) return;
  for (const file of files) if (file !== page) serveFile(app, file.path, file);
  for (const route of clientRoutes) {
    serveFile(app, route, page);
    if (route !== '/') serveFile(app, `${route}/*`, page);
  }
}

function serveFile(app: FastifyInstance, url: string, file: WebFile): void {
  app.route({
    method: 'GET',
    url,
    config: { open: true, page: true },
    handler: async ({ headers }, reply) => {
      const encodings = headers['accept-encoding'];
      const ifNoneMatch = headers['if-none-match'];
      const answer = answerWith(file, {
        ...(typeof encodings === 'string' ? { encodings } : {}),
        ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    },
  });
}
