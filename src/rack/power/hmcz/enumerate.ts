import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { listPartitions, readPartition, stateOf } from './partitions.ts';
import { Nic } from './resources.ts';
import { createHmczSession } from './session.ts';

/** Every partition of every CPC in DPM mode that the user may see. */
export const enumerateHmcz: EnumerateChassis = async (target, _deps, signal) => {
  const session = createHmczSession(target);
  try {
    const nodes: ChassisNode[] = [];
    for (const { uri, name, cpc } of await listPartitions(session, {}, signal)) {
      const { status, 'nic-uris': nics } = await readPartition(session, uri, signal);
      const addresses: (string | undefined)[] = [];
      for (const path of nics) {
        const nic = await session.ask(Nic, { method: 'GET', path }, signal);
        addresses.push(nic['mac-address'] ?? undefined);
      }
      nodes.push({
        name: `${cpc}/${name}`,
        parameters: { partition: name, cpc },
        macAddresses: macAddressesOf(addresses),
        architecture: 's390x',
        powerState: stateOf(status),
      });
    }
    return nodes;
  } finally {
    await session.close();
  }
};
