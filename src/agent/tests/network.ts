import { messageOf } from '../../errors/coded-error.ts';
import { type Files, readNumber } from '../host/files.ts';
import { readNics } from '../inventory/nics.ts';
import type { Nic } from '../inventory/types.ts';
import { type Finding, failed, type HardwareTest, passed, type TestContext } from './types.ts';

const questions = 50;
/** Packets with an error among those that came: a cable or a port that is damaged is far above. */
const mostErrorShare = 0.001;

/** One card, before or after the questions. */
export interface PortCounters {
  packets: number;
  errors: number;
}

export interface PortReading {
  nic: Nic;
  duplex: string | undefined;
  before: PortCounters;
  after: PortCounters;
}

/** Link, speed and error counters of every card, and questions to the rack, all of which must be answered. */
export const networkTest: HardwareTest = async (context) => {
  const { files } = context;
  const nics = await readNics(files, []);
  const before = await Promise.all(nics.map((nic) => readCounters(files, nic.name)));
  const { lost, times } = await ask(context);
  const after = await Promise.all(nics.map((nic) => readCounters(files, nic.name)));
  const ports = await Promise.all(
    nics.map(async (nic, index) => ({
      nic,
      duplex: await files.readText(`/sys/class/net/${nic.name}/duplex`),
      before: before[index] ?? { packets: 0, errors: 0 },
      after: after[index] ?? { packets: 0, errors: 0 },
    })),
  );
  return judgeNetwork(ports, lost, times);
};

async function ask(context: TestContext): Promise<{ lost: string[]; times: number[] }> {
  const lost: string[] = [];
  const times: number[] = [];
  for (let question = 0; question < questions; question += 1) {
    context.progress('asking the rack', (question / questions) * 100);
    try {
      times.push((await context.askRack(context.signal)).tookMs);
    } catch (error) {
      context.signal.throwIfAborted();
      lost.push(messageOf(error));
    }
  }
  return { lost, times };
}

/** @param times of the answers, in milliseconds */
export function judgeNetwork(
  ports: readonly PortReading[],
  lost: readonly string[],
  times: readonly number[],
): Finding {
  const problems: string[] = [];
  const asked = lost.length + times.length;
  // One question may meet a rack that restarts.
  if (lost.length > 1 || times.length === 0)
    problems.push(
      `expected ${asked} answers of the rack, ${lost.length} did not come (${lost[0] ?? 'none was asked for'})`,
    );
  const linked = ports.filter(({ nic }) => nic.link);
  if (linked.length === 0) problems.push('expected a card with a link, saw none');
  for (const { nic, duplex, before, after } of linked) {
    if (duplex === 'half') problems.push(`${nic.name}: expected full duplex, saw half: cable or switch port`);
    const packets = after.packets - before.packets;
    const errors = after.errors - before.errors;
    if (errors > Math.max(1, packets * mostErrorShare))
      problems.push(`${nic.name}: expected no damaged packets, saw ${errors} of ${packets}`);
  }
  if (problems.length > 0) return failed(problems);
  const middle = [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
  const words = ports.map(({ nic }) => `${nic.name} ${describeLink(nic)}`);
  return passed(`the rack answers in ${Math.round(middle)} ms; ${words.join(', ')}`);
}

function describeLink({ link, speedMbps }: Nic): string {
  if (!link) return 'without link';
  return speedMbps === undefined ? 'with link' : `${speedMbps} Mbit/s`;
}

async function readCounters(files: Files, name: string): Promise<PortCounters> {
  const read = async (counter: string): Promise<number> =>
    (await readNumber(files, `/sys/class/net/${name}/statistics/${counter}`)) ?? 0;
  const [received, sent, badIn, badOut] = await Promise.all([
    read('rx_packets'),
    read('tx_packets'),
    read('rx_errors'),
    read('tx_errors'),
  ]);
  return { packets: received + sent, errors: badIn + badOut };
}
