import { type Files, readNumber } from '../host/files.ts';
import { pciAddressOf } from './pci.ts';
import type { LldpNeighbour, Nic, PciDevice } from './types.ts';

const base = '/sys/class/net';

/** Ethernet cards (ARPHRD_ETHER with a device behind them): no loopback, bridge or tunnel. */
export async function readNics(
  files: Files,
  pci: readonly PciDevice[],
  neighbours: ReadonlyMap<string, LldpNeighbour> = new Map(),
): Promise<Nic[]> {
  const nics = await Promise.all((await files.list(base)).map((name) => readNic(files, name, pci)));
  return nics
    .flatMap((nic) => nic ?? [])
    .map((nic) => {
      const lldp = neighbours.get(nic.name);
      return lldp === undefined ? nic : { ...nic, lldp };
    });
}

async function readNic(files: Files, name: string, pci: readonly PciDevice[]): Promise<Nic | undefined> {
  const path = `${base}/${name}`;
  const [device, mac, type] = await Promise.all([
    files.resolve(`${path}/device`),
    files.readText(`${path}/address`),
    readNumber(files, `${path}/type`),
  ]);
  if (device === undefined || type !== 1 || mac === undefined || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac))
    return undefined;
  const pciAddress = pciAddressOf(device);
  const card = pci.find(({ address }) => address === pciAddress);
  const speed = await readNumber(files, `${path}/speed`);
  const node = pciAddress === undefined ? undefined : await readNumber(files, numaPath(pciAddress));
  return {
    name,
    mac,
    driver: (await files.resolve(`${path}/device/driver`))?.split('/').at(-1),
    // -1 and its unsigned twin stand for "not known".
    speedMbps: speed !== undefined && speed > 0 && speed < 0xffffffff ? speed : undefined,
    link: (await files.readText(`${path}/carrier`)) === '1',
    vendor: card?.vendor,
    product: card?.device,
    pciAddress,
    numaNode: node !== undefined && node >= 0 ? node : undefined,
  };
}

function numaPath(pciAddress: string): string {
  return `/sys/bus/pci/devices/${pciAddress}/numa_node`;
}
