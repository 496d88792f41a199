import type { X509Certificate } from 'node:crypto';
import { problem, type Route } from '../http/answer.ts';

/**
 * `GET /agent/v1/authority`: who signs the rack's certificate, in PEM. It is no secret, and the agent takes it only when its
 * digest is what the kernel command line says; so it is given by HTTP too.
 */
export function authorityRoute(authority: () => X509Certificate | undefined = () => undefined): Route {
  return {
    pattern: '/agent/v1/authority',
    methods: ['GET'],
    errors: 'Problem',
    handle() {
      const certificate = authority();
      if (certificate === undefined) return problem('NotFound', 'this rack serves no HTTPS');
      return { kind: 'Json', status: 200, value: { certificate: certificate.toString() } };
    },
  };
}
