import type { KubeClient } from '../../../kube/client.ts';
import { powerError } from '../../power/errors.ts';
import { readPowerTarget } from '../../power/target.ts';
import type { ConsoleSource } from '../serial-console.ts';
import { openSol, type SolDeps } from './session.ts';

/** Serial over LAN of a machine's BMC; its credentials are read each time that it is opened. */
export function solSource(
  deps: SolDeps & { client: Pick<KubeClient, 'get'>; namespace: string },
): ConsoleSource {
  return {
    kind: 'Sol',
    async open(machine, listener, options, signal) {
      const bmc = await readPowerTarget(machine, deps.client, deps.namespace);
      if (bmc?.driver !== 'ipmi') throw powerError('BmcUnsupported', 'serial over LAN needs the driver ipmi');
      return openSol(bmc.target, listener, options, signal, deps);
    },
  };
}
