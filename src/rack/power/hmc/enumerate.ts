import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { type OpenSsh, openSsh, quoted } from '../ssh/client.ts';
import { complaintIn, garbage } from '../ssh/complaints.ts';
import { hmcComplaints, stateOf } from './driver.ts';

/** Every partition of Linux or AIX on every managed system, but no Virtual I/O server. */
export const enumerateHmc: EnumerateChassis = (target, _deps, signal) =>
  listPartitions(target, openSsh, signal);

/** The same with another SSH, for tests. */
export async function listPartitions(
  target: Parameters<EnumerateChassis>[0],
  open: OpenSsh,
  signal: AbortSignal,
): Promise<readonly ChassisNode[]> {
  const ssh = open(target);
  const lines = async (command: string): Promise<string[]> => {
    const answer = await ssh.run(command, signal);
    if (/no results were found/i.test(answer.stdout)) return [];
    const what = command.split(' ', 1)[0] ?? '';
    if (answer.code !== 0) throw complaintIn(what, answer, hmcComplaints) ?? garbage(what, answer);
    return answer.stdout.split('\n').filter((line) => line !== '');
  };
  try {
    const nodes: ChassisNode[] = [];
    for (const server of await lines('lssyscfg -r sys -F name')) {
      const where = `-m ${quoted(server)}`;
      const adapters = await lines(
        `lshwres ${where} -r virtualio --rsubtype eth --level lpar -F lpar_name:mac_addr`,
      );
      for (const line of await lines(`lssyscfg ${where} -r lpar -F name:lpar_env:state`)) {
        const [name = '', environment, state] = line.split(':');
        if (environment !== 'aixlinux') continue;
        nodes.push({
          name: `${server}/${name}`,
          parameters: { server, partition: name },
          macAddresses: macAddressesOf(
            adapters.filter((each) => each.startsWith(`${name}:`)).map((each) => each.slice(name.length + 1)),
          ),
          architecture: 'ppc64el',
          ...(state === undefined ? {} : { powerState: stateOf(state) }),
        });
      }
    }
    return nodes;
  } finally {
    ssh.close();
  }
}
