import { z } from 'zod';
import { type Firmware, startMachine } from './machine.ts';
import type { FirmwareSetting, Place } from './setting.ts';
import { kernelGreeting } from './test-kernel.ts';

/** What was seen of one boot, on the machine's console and by the rack. */
export interface BootFacts {
  /** The kernel's words on the serial console: how it was started. */
  started: 'BIOS' | 'UEFI' | undefined;
  /** By the rack's DHCP: what each acknowledged client was, in order, without repetitions of the same. */
  clients: string[];
  vlans: string[];
  address: string | undefined;
  /** File names of loaders that went out whole. */
  byTftp: string[];
  /** Routes that were answered with 200 to a GET. */
  byHttp: string[];
  /** Stages that the rack reported of the machine. */
  stages: string[];
  seconds: number;
  console: string;
}

const Line = z.object({
  msg: z.string(),
  machine: z.string().optional(),
  mac: z.string().optional(),
  client: z.string().optional(),
  stage: z.string().optional(),
  vlan: z.string().optional(),
  address: z.string().optional(),
  transfer: z.object({ name: z.string(), address: z.string(), outcome: z.string() }).optional(),
  route: z.string().optional(),
  method: z.string().optional(),
  status: z.number().optional(),
});
type Line = z.infer<typeof Line>;

/** Starts a machine, waits until its kernel runs, and ends it. A machine that does not come so far is a fact too. */
export async function boot(
  setting: FirmwareSetting,
  machine: { firmware: Firmware; mac: string; place: Place; card?: string },
  patienceMs = 280_000,
): Promise<BootFacts> {
  const begun = performance.now();
  const running = await startMachine(setting, machine);
  const greeting = new RegExp(`${kernelGreeting} \\((BIOS|UEFI)\\)`);
  await running.until(greeting, patienceMs).catch(() => {});
  const seconds = Math.round((performance.now() - begun) / 1000);
  await running.stop();
  const console = readable(running.output());
  const started = greeting.exec(console)?.[1];
  return {
    ...factsOf(setting.log(), machine.mac),
    ...{ seconds, console, started: started === 'BIOS' || started === 'UEFI' ? started : undefined },
  };
}

/** What the rack's log says of one machine. */
export function factsOf(log: string, mac: string): Omit<BootFacts, 'started' | 'seconds' | 'console'> {
  const lines = log.split('\n').flatMap(parse);
  const acknowledged = lines.filter(
    ({ msg, stage, mac: of }) => msg === 'seen' && stage === 'Ack' && of === mac,
  );
  const address = acknowledged[0]?.address;
  return {
    clients: acknowledged
      .flatMap(({ client }) => client ?? [])
      .filter((client, index, all) => client !== all[index - 1]),
    vlans: [...new Set(acknowledged.flatMap(({ vlan }) => vlan ?? []))],
    address,
    byTftp: unique(
      lines
        .flatMap(({ transfer }) => transfer ?? [])
        .filter((transfer) => transfer.outcome === 'Done' && transfer.address === address)
        .map(({ name }) => name),
    ),
    byHttp: unique(
      lines
        .filter(({ msg, method, status }) => msg === 'http' && method === 'GET' && status === 200)
        .filter((line) => line.address === address)
        .flatMap(({ route }) => route ?? []),
    ),
    stages: unique(
      lines
        .filter((line) => line.msg === 'boot report' && line.mac === mac)
        .flatMap(({ stage }) => stage ?? []),
    ),
  };
}

/** Packets are repeated where a machine is busy. */
function unique(texts: string[]): string[] {
  return [...new Set(texts)];
}

function parse(text: string): Line[] {
  if (!text.startsWith('{')) return [];
  const line = Line.safeParse(JSON.parse(text));
  return line.success ? [line.data] : [];
}

function readable(output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are steered by them
  return output.replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]/g, '').replaceAll('\r', '');
}
