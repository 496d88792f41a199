import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const Body = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              name: z.string(),
              attributes: z.array(
                z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A collector of traces: OTLP over HTTP, in JSON. */
export interface Collector {
  url: string;
  /** Names of the spans of each boot of a machine that was told, by what it booted for. */
  bootsOf(machine: string): { boot: string; steps: string[] }[];
  stop(): void;
}

export async function startCollector(): Promise<Collector> {
  const spans: z.infer<typeof Body>['resourceSpans'][number]['scopeSpans'][number]['spans'] = [];
  const server = createServer(async (request, response) => {
    const body = Body.safeParse(await json(request));
    const isGood = request.url === '/v1/traces' && body.success;
    if (isGood)
      spans.push(
        ...body.data.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
    response.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bootsOf: (machine) =>
      spans
        .filter(({ attributes }) =>
          attributes.some(({ key, value }) => key === 'metalwright.machine' && value.stringValue === machine),
        )
        .map(({ traceId, name }) => ({
          boot: name,
          steps: spans
            .filter((span) => span.traceId === traceId && span.name !== name)
            .map((span) => span.name),
        })),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
