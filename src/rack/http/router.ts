import type { Route } from './answer.ts';

/** A route and what its pattern left open. */
export interface RouteMatch {
  route: Route;
  parameters: string[];
}

/**
 * The route of a path: segment by segment, nothing decoded but percent signs in what a pattern leaves open, so that no dot
 * or slash of a client means anything.
 */
export function matchRoute(routes: readonly Route[], path: string): RouteMatch | undefined {
  const segments = path.split('/');
  for (const route of routes) {
    const parameters = matchPattern(route.pattern.split('/'), segments);
    if (parameters !== undefined) return { route, parameters };
  }
  return undefined;
}

function matchPattern(pattern: readonly string[], segments: readonly string[]): string[] | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: string[] = [];
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
      continue;
    }
    const decoded = decode(segment);
    if (decoded === undefined || decoded === '') return undefined;
    parameters.push(decoded);
  }
  return parameters;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
