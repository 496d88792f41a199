import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { NotFoundPage } from './app/not-found.tsx';
import { PageFailed } from './app/page-failed.tsx';
import { PagePending } from './app/page-pending.tsx';
import { AppShell } from './app/shell.tsx';

interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFoundPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ to, problem }: Record<string, unknown>): { to?: string; problem?: string } => ({
    ...(typeof to === 'string' ? { to } : {}),
    ...(typeof problem === 'string' ? { problem } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/sign-in/page.tsx'), 'SignInPage'),
});

/** Everything that needs a user, inside of the frame with the navigation. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: AppShell });

/** Query parameters of pages that keep their own state in them: texts alone. */
function texts(search: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(search).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)] as const],
  );
  return Object.fromEntries(entries);
}

const start = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview/page.tsx'), 'OverviewPage'),
});
const machines = createRoute({
  getParentRoute: () => shell,
  path: '/machines',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/machines/page.tsx'), 'MachinesPage'),
});
const machine = createRoute({
  getParentRoute: () => shell,
  path: '/machines/$name',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/machine/page.tsx'), 'MachinePage'),
});
const allocate = createRoute({
  getParentRoute: () => shell,
  path: '/allocate',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/allocate/page.tsx'), 'AllocatePage'),
});
const allocations = createRoute({
  getParentRoute: () => shell,
  path: '/allocations',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/allocations/page.tsx'), 'AllocationsPage'),
});
const allocation = createRoute({
  getParentRoute: () => shell,
  path: '/allocations/$namespace/$name',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/allocation/page.tsx'), 'AllocationPage'),
});
const networks = createRoute({
  getParentRoute: () => shell,
  path: '/networks',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/networks/page.tsx'), 'NetworksPage'),
});
const subnet = createRoute({
  getParentRoute: () => shell,
  path: '/networks/subnets/$name',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/subnet/page.tsx'), 'SubnetPage'),
});
const images = createRoute({
  getParentRoute: () => shell,
  path: '/images',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/images/page.tsx'), 'ImagesPage'),
});
const racks = createRoute({
  getParentRoute: () => shell,
  path: '/racks',
  component: lazyRouteComponent(() => import('./pages/racks/page.tsx'), 'RacksPage'),
});
const search = createRoute({
  getParentRoute: () => shell,
  path: '/search',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/search/page.tsx'), 'SearchPage'),
});
const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('./pages/audit/page.tsx'), 'AuditPage'),
});

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    ...[start, machines, machine, allocate, allocations, allocation],
    ...[networks, subnet, images, racks, search, audit],
  ]),
]);

/** The pages, each loaded when it is first gone to. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPendingMs: 100,
    defaultPendingComponent: PagePending,
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
    // Plain texts in the address: no quotes around what looks like a number.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (given) => {
      const text = new URLSearchParams(texts(given)).toString();
      return text === '' ? '' : `?${text}`;
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
