import { type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { stateOf } from './driver.ts';
import { allServers, objectsOf } from './servers.ts';
import { createUcsmSession } from './session.ts';

/** Every blade and rack server, with the MAC addresses of its virtual interfaces. */
export const enumerateUcsm: EnumerateChassis = async (target, _deps, signal) => {
  const session = createUcsmSession(target);
  try {
    const servers = await allServers(session, signal);
    const interfaces = await objectsOf(session, 'adaptorHostEthIf', undefined, signal);
    return servers.flatMap(({ attributes }) => {
      const [dn, uuid] = [attributes.get('dn') ?? '', attributes.get('uuid')?.toLowerCase() ?? ''];
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return [];
      const own = interfaces.filter((each) => each.attributes.get('dn')?.startsWith(`${dn}/`) === true);
      return [
        {
          name: dn.replace(/^sys\//, ''),
          parameters: { uuid },
          macAddresses: macAddressesOf(own.map((each) => each.attributes.get('mac'))),
          systemUuid: uuid,
          architecture: 'amd64',
          powerState: stateOf(attributes.get('operPower')),
        },
      ];
    });
  } finally {
    await session.close();
  }
};
