/** Paths of pages that the web UI draws by itself, and below which it may draw more; `web/src/router.tsx` has the same. */
export const clientRoutes = [
  '/',
  '/machines',
  '/allocate',
  '/allocations',
  '/networks',
  '/images',
  '/racks',
  '/search',
  '/audit',
  '/sign-in',
] as const;
