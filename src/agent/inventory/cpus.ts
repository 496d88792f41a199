import { type Files, readNumber } from '../host/files.ts';
import type { Cpu, NumaNode } from './types.ts';

/** One logical processor of /proc/cpuinfo. */
export interface LogicalCpu {
  processor: number;
  socket: number;
  core: number;
  vendor: string | undefined;
  model: string | undefined;
}

/** Reads /proc/cpuinfo as x86 writes it: blocks of `key : value`. */
export function parseCpuInfo(text: string): LogicalCpu[] {
  return text.split(/\n\s*\n/).flatMap((block) => {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const at = line.indexOf(':');
      if (at > 0) fields.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
    }
    const processor = Number(fields.get('processor'));
    if (!fields.has('processor') || !Number.isInteger(processor)) return [];
    return [
      {
        processor,
        socket: Number(fields.get('physical id') ?? 0),
        core: Number(fields.get('core id') ?? processor),
        vendor: fields.get('vendor_id'),
        model: fields.get('model name')?.replace(/\s+/g, ' '),
      },
    ];
  });
}

/**
 * One entry a socket. Cores are counted by their id inside the socket, threads are logical processors.
 *
 * @param speeds of the firmware's processor table, used where the kernel does not know the highest frequency
 */
export async function readCpus(files: Files, speeds: readonly number[]): Promise<Cpu[]> {
  const logical = parseCpuInfo((await files.readText('/proc/cpuinfo')) ?? '');
  const sockets = Map.groupBy(logical, ({ socket }) => socket);
  const order = [...sockets].sort(([one], [other]) => one - other);
  return Promise.all(
    order.map(async ([socket, threads], index) => {
      const [first] = threads;
      const frequency = `/sys/devices/system/cpu/cpu${first?.processor ?? 0}/cpufreq/cpuinfo_max_freq`;
      const kiloHertz = await readNumber(files, frequency);
      const maxMHz = kiloHertz === undefined ? speeds[index] || undefined : Math.round(kiloHertz / 1000);
      return {
        socket,
        vendor: first?.vendor,
        model: first?.model,
        cores: new Set(threads.map(({ core }) => core)).size,
        threads: threads.length,
        maxMHz,
      };
    }),
  );
}

/** More logical processors than a kernel can be built for; a list that names more is none of a kernel's. */
const mostProcessors = 65_536;

/** Reads a list of the kernel such as `0-3,8,10-11`. What is no range is left out; a list beyond all bounds is empty. */
export function parseCpuList(text: string): number[] {
  const processors: number[] = [];
  for (const range of text.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range.trim());
    if (match === null) continue;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (processors.length + last - first >= mostProcessors) return [];
    for (let processor = first; processor <= last; processor++) processors.push(processor);
  }
  return processors;
}

/** NUMA nodes that have processors or memory. A kernel without NUMA shows none. */
export async function readNumaNodes(files: Files): Promise<NumaNode[]> {
  const base = '/sys/devices/system/node';
  const names = (await files.list(base)).filter((name) => /^node\d+$/.test(name));
  return Promise.all(
    names.map(async (name) => ({
      id: Number(name.slice(4)),
      cpus: parseCpuList((await files.readText(`${base}/${name}/cpulist`)) ?? ''),
      memoryMiB: memTotalMiB((await files.readText(`${base}/${name}/meminfo`)) ?? ''),
    })),
  );
}

/** `MemTotal` of /proc/meminfo, or of a node's meminfo, whose lines begin with `Node 0`. */
export function memTotalMiB(meminfo: string): number {
  const match = /MemTotal:\s+(\d+) kB/.exec(meminfo);
  return match === null ? 0 : Math.floor(Number(match[1]) / 1024);
}
