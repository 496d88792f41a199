import { relative } from 'node:path';
import type { Lab } from './lab.ts';
import { SYSTEM_NAMESPACE } from './programs.ts';
import { ADMIN, READER } from './resources.ts';

/** What a person can do with a laboratory that is up. */
export function usageText(lab: Lab): string {
  const kubeconfig = relative(process.cwd(), '.lab/kubeconfig') || lab.kubeconfigPath;
  const machines = lab.machines().map((machine) => {
    const bmc = lab.bmcOf(machine);
    return `  ${machine.name.padEnd(10)} ${machine.firmware.toUpperCase()}  ${machine.mac}  BMC ${bmc.driver} ${bmc.address}`;
  });
  return [
    '',
    `The web UI: http://127.0.0.1:${lab.instance.serverPort}`,
    'Sign in with the link below, or at any time with the token that this prints:',
    `  kubectl create token ${ADMIN} -n ${SYSTEM_NAMESPACE} --duration 12h`,
    '',
    'Machines, powered off:',
    ...machines,
    '',
    'Try:',
    `  export KUBECONFIG=$PWD/${kubeconfig}`,
    '  kubectl get metal',
    `  virsh -c qemu:///system start ${lab.machines()[0]?.domain ?? '…'}     # press a power button: the machine enlists itself`,
    '  kubectl get machines --watch',
    '  ./dev lab console bios-1                     # what the machine says',
    '  ./dev lab logs rack                          # what the rack says',
    `  token=$(kubectl create token ${READER} -n ${SYSTEM_NAMESPACE})`,
    `  curl -H "Authorization: Bearer $token" http://127.0.0.1:${lab.instance.rackAdminPort}/leases       # or /metrics, /status`,
    `  curl -H "Authorization: Bearer $token" http://127.0.0.1:${lab.instance.operatorAdminPort}/metrics      # of the operator`,
    '  ./dev lab down                               # everything goes',
    '',
  ].join('\n');
}
