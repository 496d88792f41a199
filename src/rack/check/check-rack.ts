import { findCondition } from '../../api/conditions.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { DhcpQuestion } from './ask-dhcp.ts';
import type { TftpQuestion } from './ask-tftp.ts';

/** What became of one thing that was looked at. */
export interface Finding {
  verdict: 'ok' | 'failed' | 'skipped';
  what: string;
  why?: string;
}

/** How a rack is looked at. */
export interface RackCheckDeps {
  rack(): Promise<Rack | undefined>;
  subnets(): Promise<readonly Subnet[]>;
  /** Why the file of a URL cannot be had; undefined: it can. */
  fetchProblem(url: string): Promise<string | undefined>;
  /** See `askDhcp`. */
  askDhcp(question: DhcpQuestion): Promise<string | undefined>;
  /** See `askTftp`. */
  askTftp(question: TftpQuestion): Promise<string | undefined>;
}

/** The first loader of every UEFI machine. */
const loader = 'snponly.efi';

/**
 * Looks at a rack as its machines do: does it say that it serves, does it offer addresses, can boot files be had? A rack without a
 * network that anybody described has nothing to show yet. Rejects only when the API server does not answer.
 */
export async function checkRack(name: string, deps: RackCheckDeps): Promise<Finding[]> {
  const what = `rack ${name}`;
  const rack = await deps.rack();
  if (rack === undefined) return [{ verdict: 'failed', what, why: 'there is no Rack of this name' }];
  const ready = findCondition(rack.status?.conditions, 'Ready');
  if (ready?.reason === 'NoNetwork') return [{ verdict: 'skipped', what, why: ready.message }];
  if (ready?.status !== 'True') {
    return [{ verdict: 'failed', what, why: ready?.message ?? 'it has not said yet whether it serves' }];
  }
  return [
    { verdict: 'ok', what },
    ...servicesOf(rack),
    ...(await bootFiles(rack, deps)),
    ...(await loaders(rack, deps)),
    ...(await addresses(rack, deps)),
  ];
}

function servicesOf({ status }: Rack): Finding[] {
  return (status?.services ?? []).map(({ name, state, message }) => {
    const what = `service ${name}`;
    if (state === 'Running') return { verdict: 'ok', what };
    if (state === 'Disabled') return { verdict: 'skipped', what, why: 'spec.disabledServices names it' };
    return { verdict: 'failed', what, why: message ?? 'it does not run' };
  });
}

async function bootFiles({ status }: Rack, { fetchProblem }: RackCheckDeps): Promise<Finding[]> {
  if (!runs(status, 'Http') || status?.httpUrl === undefined) return [];
  const what = `${status.httpUrl}/loaders/${loader}`;
  const why = await fetchProblem(what);
  return [why === undefined ? { verdict: 'ok', what } : { verdict: 'failed', what, why }];
}

/** By TFTP, of each network on the address that machines are told. */
async function loaders({ status }: Rack, { askTftp }: RackCheckDeps): Promise<Finding[]> {
  if (!runs(status, 'Tftp')) return [];
  const findings: Finding[] = [];
  for (const { name, addresses: own, subnets = [] } of status?.interfaces ?? []) {
    const [address] = own.flatMap((cidr) => (cidr.includes(':') ? [] : cidr.split('/').slice(0, 1)));
    if (subnets.length === 0 || address === undefined) continue;
    const what = `TFTP on ${name}: ${loader}`;
    findings.push(
      await askTftp({ device: name, address, file: loader }).then(
        (why) => (why === undefined ? { verdict: 'ok', what } : { verdict: 'failed', what, why }),
        // The address went, say, since the rack told of it.
        (error: unknown) => ({ verdict: 'failed', what, why: messageOf(error) }),
      ),
    );
  }
  return findings;
}

async function addresses({ status }: Rack, deps: RackCheckDeps): Promise<Finding[]> {
  if (!runs(status, 'Dhcp4')) return [];
  const subnets = await deps.subnets();
  const isDynamic = (name: string) =>
    subnets.some(
      ({ metadata, spec }) =>
        metadata.name === name && spec.ranges.dynamic.some(({ start }) => !start.includes(':')),
    );
  const findings: Finding[] = [];
  for (const { name, mac, addresses: own, subnets: served = [] } of status?.interfaces ?? []) {
    if (served.length === 0) continue;
    const what = `DHCP on ${name}`;
    if (!served.some(isDynamic)) {
      const why = `no Subnet there has a dynamic range, which strangers get their addresses of: ${served.join(', ')}`;
      findings.push({ verdict: 'skipped', what, why });
      continue;
    }
    const servers = own.flatMap((address) => address.split('/').slice(0, 1));
    findings.push(
      await deps.askDhcp({ device: name, mac, servers }).then(
        (offer) =>
          offer === undefined ? { verdict: 'failed', what, why: 'no offer came' } : { verdict: 'ok', what },
        // A DHCP client of the node has the port, say: that is no fault of the rack.
        (error: unknown) => ({ verdict: 'skipped', what, why: messageOf(error) }),
      ),
    );
  }
  return findings;
}

function runs(status: Rack['status'], service: string): boolean {
  return status?.services?.some(({ name, state }) => name === service && state === 'Running') ?? false;
}
