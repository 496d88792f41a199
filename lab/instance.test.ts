import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KUBERNETES_VERSION } from './environment.ts';
import { labInstance, labInstanceNames } from './instance.ts';

describe('labInstance', () => {
  it('shares no bridge, subnet, port or folder between two instances', () => {
    const instances = labInstanceNames.map((name) => labInstance(name, '/checkout'));
    const claims = instances.flatMap(({ prefixLength, bmcAddress, etcdPorts, ...rest }) => [
      ...Object.values(rest),
      ...Object.values(etcdPorts),
    ]);
    expect(prefixesOf(instances)).toEqual(labInstanceNames.map(() => 24));
    expect(new Set(claims).size).toBe(claims.length);
  });

  it('leaves room for twenty IPMI BMCs in each', () => {
    const [first, second] = labInstanceNames.map((name) => labInstance(name, '/checkout').firstIpmiPort);
    expect(second! - first!).toBeGreaterThanOrEqual(20);
  });
});

describe('the version of Kubernetes', () => {
  it('is the one that go.mod pins', () => {
    const module = readFileSync(new URL('kubernetes/go.mod', import.meta.url), 'utf8');
    expect(module).toContain(`k8s.io/kubernetes v${KUBERNETES_VERSION} `);
  });
});

function prefixesOf(instances: readonly { prefixLength: number }[]): number[] {
  return instances.map(({ prefixLength }) => prefixLength);
}
