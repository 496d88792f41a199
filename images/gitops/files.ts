import { stringify } from 'yaml';
import { kindsWithHealth } from './health-rules.ts';
import { healthScript } from './health-script.ts';

const header = `# Argo CD's health checks for every kind of Metalwright. Made by node images/gitops/generate.ts.
#   kubectl -n argocd patch configmap argocd-cm --type merge --patch-file health-checks.yaml
`;

/** Keys of Argo CD's ConfigMap `argocd-cm`, each with its script. */
export function healthChecks(): Record<string, string> {
  return Object.fromEntries(
    kindsWithHealth.map(({ kind, group, hasStatus }) => [
      `resource.customizations.health.${group}_${kind}`,
      healthScript(kind, hasStatus),
    ]),
  );
}

/** The patch of `argocd-cm`: `docs/examples/gitops/argocd/health-checks.yaml`. */
export function healthChecksFile(): string {
  return header + stringify({ data: healthChecks() }, { lineWidth: 0 });
}
