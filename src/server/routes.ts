import type { ServerDeps } from './deps.ts';
import { apiResources } from './resources.ts';
import type { ApiRoute } from './route.ts';
import { bulkActionRoutes } from './routes/bulk-actions.ts';
import { countRoutes } from './routes/counts.ts';
import { machineDetailRoutes } from './routes/machines/detail.ts';
import { overviewRoutes } from './routes/overview/routes.ts';
import { placementRoutes } from './routes/placements/routes.ts';
import { readRoutes } from './routes/resources/read.ts';
import { writeRoutes } from './routes/resources/write.ts';
import { subnetRoutes } from './routes/subnets/routes.ts';

/** Every operation of the API, in the order of the document. */
export function apiRoutes(deps: ServerDeps): ApiRoute[] {
  return [
    ...apiResources.flatMap((resource) => [...readRoutes(deps, resource), ...writeRoutes(deps, resource)]),
    ...subnetRoutes(deps),
    ...bulkActionRoutes(deps),
    ...countRoutes(deps),
    ...placementRoutes(deps),
    ...overviewRoutes(deps),
    ...machineDetailRoutes(deps),
  ];
}
