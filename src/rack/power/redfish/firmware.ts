import { mostFirmware } from '../../../api/machine/health.ts';
import type { HealthReader, Link } from './health.ts';
import { SoftwareInventory, UpdateService } from './health-resources.ts';

/** Lists also name what could be installed, and what was before. */
const notInstalled = /^(available|previous|backup|rollback)/i;

/**
 * The versions that the BMC lists (DSP0268, SoftwareInventory), by name; two of one name and different versions are numbered.
 * @throws CodedError<PowerErrorCode>
 */
export async function readFirmware(service: Link, reader: HealthReader): Promise<Record<string, string>> {
  const inventory = (await reader.read(service, UpdateService))?.FirmwareInventory;
  const versions = new Map<string, string>();
  for (const link of await reader.members(inventory, mostFirmware)) {
    const software = await reader.read(link, SoftwareInventory);
    const { Id: id = '', Name: name = id, Version: version } = software ?? {};
    if (version === undefined || version === '' || name === '' || notInstalled.test(id)) continue;
    const base = name.slice(0, 60);
    let key = base;
    for (let number = 2; versions.has(key) && versions.get(key) !== version; number += 1)
      key = `${base} ${number}`;
    versions.set(key, version.slice(0, 64));
  }
  return Object.fromEntries(versions);
}
