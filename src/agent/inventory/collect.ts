import { DecodeError } from '../../errors/decode-error.ts';
import type { Files } from '../host/files.ts';
import { memTotalMiB, readCpus, readNumaNodes } from './cpus.ts';
import { readDisks } from './disks.ts';
import { readFirmware, readSystem, readTpm } from './firmware.ts';
import { readNics } from './nics.ts';
import { gpusOf, readPci } from './pci.ts';
import { decodeSmbios, type SmbiosStructure } from './smbios.ts';
import { dimmsOf, processorSpeedsOf } from './smbios-read.ts';
import type { Inventory, LldpNeighbour } from './types.ts';
import { readUsb } from './usb.ts';

/** The whole inventory, read from files of the kernel alone. Missing parts are absent, never a failure. */
export async function collectInventory(
  files: Files,
  neighbours?: ReadonlyMap<string, LldpNeighbour>,
): Promise<Inventory> {
  const structures = await readSmbios(files);
  const pci = await readPci(files);
  const [system, firmware, tpm, cpus, numaNodes, meminfo, nics, disks, usb] = await Promise.all([
    readSystem(files, structures),
    readFirmware(files, structures),
    readTpm(files, structures),
    readCpus(files, processorSpeedsOf(structures)),
    readNumaNodes(files),
    files.readText('/proc/meminfo'),
    readNics(files, pci, neighbours),
    readDisks(files),
    readUsb(files),
  ]);
  const dimms = dimmsOf(structures);
  const installed = dimms
    .filter(({ type }) => type !== 'NVDIMM')
    .reduce((sum, { sizeMiB }) => sum + sizeMiB, 0);
  return bounded({
    system,
    firmware,
    tpm,
    cpus,
    numaNodes,
    // The kernel keeps some for itself before it counts: the modules say what was bought.
    memory: { totalMiB: installed || memTotalMiB(meminfo ?? ''), dimms },
    nics,
    disks,
    pci,
    usb,
    gpus: gpusOf(pci),
  });
}

/** A vendor's broken table is no reason to know nothing of the machine. */
async function readSmbios(files: Files): Promise<SmbiosStructure[]> {
  const table = await files.readBytes('/sys/firmware/dmi/tables/DMI');
  try {
    return table === undefined ? [] : decodeSmbios(table);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

/** Keeps lists and words within what the MachineInventory takes. */
function bounded(inventory: Inventory): Inventory {
  const clip = <T extends object>(item: T): T =>
    Object.assign(
      {},
      item,
      ...Object.entries(item)
        .filter(([, value]) => typeof value === 'string' && value.length > 256)
        .map(([key, value]) => ({ [key]: String(value).slice(0, 256) })),
    );
  return {
    ...inventory,
    system: clip(inventory.system),
    firmware: clip(inventory.firmware),
    cpus: inventory.cpus.slice(0, 64).map(clip),
    numaNodes: inventory.numaNodes.slice(0, 256),
    memory: { ...inventory.memory, dimms: inventory.memory.dimms.slice(0, 512).map(clip) },
    nics: inventory.nics.slice(0, 64).map(clip),
    disks: inventory.disks.slice(0, 512).map(clip),
    pci: inventory.pci.slice(0, 1024).map(clip),
    usb: inventory.usb.slice(0, 256).map(clip),
    gpus: inventory.gpus.slice(0, 64).map(clip),
  };
}
