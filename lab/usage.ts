import { relative } from 'node:path';
import type { Lab } from './lab.ts';

/** What a person can do with a laboratory that is up. */
export function usageText(lab: Lab): string {
  const kubeconfig = relative(process.cwd(), '.lab/kubeconfig') || lab.kubeconfigPath;
  const machines = lab.machines().map((machine) => {
    const bmc = lab.bmcOf(machine);
    return `  ${machine.name.padEnd(10)} ${machine.firmware.toUpperCase()}  ${machine.mac}  BMC ${bmc.driver} ${bmc.address}`;
  });
  return [
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
    '  ./dev lab down                               # everything goes',
    '',
  ].join('\n');
}
