import type { Namespace } from '../../test/integration/netns/namespaces.ts';
import { wire } from '../lib/wire.ts';

/** What perfdhcp is to do. It speaks as a relay, so that no client needs an address of its own. */
export interface Load {
  /** DISCOVERs a second. */
  rate: number;
  seconds: number;
  /** A renewal after each exchange. */
  renew?: boolean;
  /** Keep the time of every packet, for percentiles. */
  times?: boolean;
  /** Wait so long for what comes late, in ms. Default 1000: the client that Kea's published figures assume. */
  lateMs?: number;
}

/** What came of it. */
export interface LoadResult {
  discovers: number;
  offers: number;
  acks: number;
  renewals: number;
  renewed: number;
  /** Share of the exchanges that began and did not end, renewals included. 0 to 1. */
  dropped: number;
  /** From DISCOVER to OFFER, in ms; empty without `times`. */
  offerMs: number[];
}

let runs = 0;

/** One run; every run has clients that no run before it had. */
export async function perfdhcp(client: Namespace, load: Load): Promise<LoadResult> {
  runs += 1;
  const rate = String(Math.round(load.rate));
  const firstMac = `02:${runs.toString(16).padStart(2, '0')}:00:00:00:00`;
  const { code, output } = await client.run(
    [
      ...['perfdhcp', '-4', '-l', wire.clientAddress, '-r', rate, '-R', '10000000'],
      ...['-b', `mac=${firstMac}`, '-p', String(load.seconds), '-W', String((load.lateMs ?? 1000) * 1000)],
      ...(load.renew ? ['-f', rate] : []),
      ...(load.times ? ['-xt'] : []),
      wire.serverAddress,
    ],
    { timeoutMs: (load.seconds + 30) * 1000 },
  );
  // 3: packets were dropped, which is what is measured here.
  if (code !== 0 && code !== 3) throw new Error(`perfdhcp ended with ${code}:\n${output}`);
  return readOutput(output);
}

/** Throws when the text is not a report of perfdhcp 2.2. */
function readOutput(text: string): LoadResult {
  const offers = section(text, 'Statistics for: DISCOVER-OFFER');
  const acks = section(text, 'Statistics for: REQUEST-ACK');
  const renewals = section(text, 'Statistics for: REQUEST-ACK \\(renewal\\)');
  const discovers = count(offers, 'sent packets');
  if (discovers === undefined) throw new Error(`perfdhcp says:\n${text}`);
  const acked = count(acks, 'received packets') ?? 0;
  const [asked, renewed] = [count(renewals, 'sent packets') ?? 0, count(renewals, 'received packets') ?? 0];
  const offerTimes = section(text, 'Timestamps for packets: DISCOVER-OFFER');
  return {
    discovers,
    offers: count(offers, 'received packets') ?? 0,
    acks: acked,
    renewals: asked,
    renewed,
    dropped: 1 - (acked + renewed) / Math.max(1, discovers + asked),
    offerMs: [...offerTimes.matchAll(/^sent \/ received: ([\d.]+) \/ ([\d.]+)$/gm)].map(
      ([, sent, received]) => (Number(received) - Number(sent)) * 1000,
    ),
  };
}

function section(text: string, title: string): string {
  return new RegExp(`\\*\\*\\*${title}\\*\\*\\*\\n([^]*?)(?:\\n\\*\\*\\*|$)`).exec(text)?.[1] ?? '';
}

function count(part: string, name: string): number | undefined {
  const found = new RegExp(`^${name}: (\\d+)$`, 'm').exec(part)?.[1];
  return found === undefined ? undefined : Number(found);
}
