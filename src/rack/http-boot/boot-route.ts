import type { Architecture } from '../../api/fields.ts';
import { effectiveKernelArguments } from '../../api/machine/policy.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { type BootDecision, decideBoot, type LocalDiskReason } from '../../domain/boot/decide-boot.ts';
import {
  type EphemeralBoot,
  ephemeralScript,
  localDiskScript,
  waitScript,
} from '../../domain/boot/ipxe-script.ts';
import { renderKernelCommandLine } from '../../domain/boot/kernel-command-line.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { EphemeralImage, RackMachines } from '../agent-api/ports.ts';
import type { RateLimit } from '../agent-api/rate-limit.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import { secretLength } from '../boot-token/secrets.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { ImageCache } from '../images/ports.ts';
import type { AgentTls } from './server.ts';
import type { Sightings } from './sightings.ts';

export interface BootRouteDeps {
  /** Default: agents speak HTTP. */
  agentTls?: Pick<AgentTls, 'api'>;
  machines: Pick<RackMachines, 'byMac' | 'ephemeralImage' | 'reportBoot' | 'securityEvent'>;
  tokens: BootTokens;
  images: ImageCache;
  sightings: Sightings;
  eventRate: RateLimit;
  clock: Clock;
  log: Logger;
}

/** One boot of one interface, as far as it is known. */
interface Boot {
  mac: string;
  request: Request;
  machine: Machine | undefined;
}

const scriptName = /^([0-9a-f]{2}(?:-[0-9a-f]{2}){5})\.ipxe$/;

/** Client system architecture types (RFC 4578 and IANA's registry) that are arm64; what says nothing is amd64. */
const arm64Types: ReadonlySet<number> = new Set([11, 19]);

const toDisk: Record<LocalDiskReason, string> = {
  NotExpected: 'is not expected to boot over the network, starting its own disk',
  Expired: 'was expected earlier and is no more, starting its own disk',
  NotApproved: 'is not approved, starting its own disk',
  NoTask: 'has no task, starting its own disk',
  TaskEnded: 'has done its task, starting its own disk',
};

/** `/boot/<MAC with dashes>.ipxe`: the boot script of a machine, made anew each time and never stored by anybody. */
export function bootRoute(deps: BootRouteDeps): Route {
  return {
    pattern: '/boot/:script',
    methods: ['GET'],
    errors: 'Text',
    async handle(request) {
      const mac = scriptName.exec(request.parameters[0]?.toLowerCase() ?? '')?.[1]?.replaceAll('-', ':');
      if (mac === undefined) return problem('NotFound');
      const machine = deps.machines.byMac(mac);
      const decision = decideBoot(machine, deps.clock.now());
      const text = await scriptFor({ mac, request, machine }, decision, deps);
      return { kind: 'Text', status: 200, text } satisfies Answer;
    },
  };
}

async function scriptFor(boot: Boot, decision: BootDecision, deps: BootRouteDeps): Promise<string> {
  const { machine } = boot;
  switch (decision.kind) {
    case 'Enlist':
      return enlistScript(boot, deps);
    case 'LocalDisk':
      return localDiskScript(`${machine?.metadata.name ?? 'this machine'} ${toDisk[decision.why]}`);
    case 'EphemeralOS':
      return machine === undefined
        ? localDiskScript('this machine is gone')
        : taskScript(boot, machine, decision, deps);
  }
}

/** No secret is in it, so it needs no proof. Without an image it must not keep a stranger's machine from its disk. */
function enlistScript(boot: Boot, deps: BootRouteDeps): string {
  const { mac } = boot;
  const image = deps.machines.ephemeralImage(architectureOf(mac, deps.sightings));
  if (image === undefined)
    return localDiskScript(
      'this machine is not known, and there is no BootImage of purpose Ephemeral for it',
    );
  const waiting = waitForImage(boot, image, deps);
  if (waiting !== undefined) return waiting;
  const labels = { machine: `the unknown machine ${mac}`, purpose: 'Enlist', token: undefined } as const;
  return render(boot, image, labels, image.kernelArguments, deps);
}

/** A token goes only to the address that DHCP gave this very interface; others hear nothing but that. */
async function taskScript(
  boot: Boot,
  machine: Machine,
  { generation, purpose }: Extract<BootDecision, { kind: 'EphemeralOS' }>,
  deps: BootRouteDeps,
): Promise<string> {
  const { mac, request } = boot;
  const { machines, tokens, sightings, clock, log } = deps;
  const { name, uid } = machine.metadata;
  const sighting = sightings.byAddress(request.address);
  if (sighting?.mac !== mac) {
    const message = `the boot script of ${mac} was asked for from ${request.address}, which DHCP has not given to it`;
    log.warn(
      { machine: name, mac, address: request.address },
      'no boot token: not the address of the machine',
    );
    if (deps.eventRate.take(request.address)) machines.securityEvent(name, 'BootTokenRefused', message);
    return localDiskScript('this address was not given to this machine, starting its own disk');
  }
  const image = machines.ephemeralImage(machine.spec.architecture);
  if (image === undefined)
    return wait(boot, `no BootImage of purpose Ephemeral for ${machine.spec.architecture} is ready`, 10);
  const waiting = waitForImage(boot, image, deps);
  if (waiting !== undefined) return waiting;
  if (tokens.hasSession({ machine: name, machineUid: uid, generation }))
    return localDiskScript(`${name} has used this boot already, starting its own disk`);

  const extra = [...image.kernelArguments, ...effectiveKernelArguments(machine)];
  const labels = { machine: name, purpose };
  // HEAD tells the length of what GET would bring, without making a token.
  if (request.method === 'HEAD')
    return render(boot, image, { ...labels, token: 'x'.repeat(secretLength) }, extra, deps);
  const token = await tokens
    .issue({ machine: name, machineUid: uid, generation, mac, address: request.address })
    .catch((error: unknown) => {
      log.error({ machine: name, error: messageOf(error) }, 'the boot token cannot be stored');
      return 'NotStored' as const;
    });
  if (token === 'NotStored') return wait(boot, 'the rack cannot store its state', 10);
  if (token === undefined) return localDiskScript(`${name} has used this boot already`);
  log.info({ machine: name, mac, address: request.address, generation, purpose }, 'boot token issued');
  machines.reportBoot(name, {
    generation,
    stage: 'Loader',
    at: new Date(clock.now()).toISOString(),
    mac,
    vlan: sighting.vlan,
    subnet: sighting.subnet,
    address: request.address,
    architecture: sighting.architecture,
  });
  return render(boot, image, { ...labels, token }, extra, deps);
}

interface Labels {
  machine: string;
  purpose: EphemeralBoot['purpose'];
  token: string | undefined;
}

function render(
  { mac, request }: Boot,
  { kernelDigest, initrdDigest }: EphemeralImage,
  { machine, purpose, token }: Labels,
  extra: readonly string[],
  { agentTls }: Pick<BootRouteDeps, 'agentTls'>,
): string {
  const rack = request.base;
  const api = agentTls?.api(new URL(rack).hostname.replace(/^\[|\]$/g, ''));
  const commandLine = renderKernelCommandLine({ rack, mac, token, extra, api });
  if ('refused' in commandLine) return localDiskScript(commandLine.refused);
  return ephemeralScript({ rack, machine, purpose, kernelDigest, initrdDigest, commandLine });
}

/** Firmware waits for no transfer: while the rack fetches the image, the machine asks again every few seconds. */
function waitForImage(boot: Boot, image: EphemeralImage, { images, log }: BootRouteDeps): string | undefined {
  const missing = [image.kernelDigest, image.initrdDigest].filter((digest) => !images.has(digest));
  if (missing.length === 0) return undefined;
  let [bytes, total] = [0, 0];
  for (const digest of missing) {
    images.ensure(digest).catch((error: unknown) => {
      log.warn({ digest, error: messageOf(error) }, 'the ephemeral OS cannot be fetched');
    });
    const progress = images.progress(digest);
    bytes += progress?.bytes ?? 0;
    total += progress?.totalBytes ?? 0;
  }
  const percent = total === 0 ? '' : `, ${Math.floor((bytes / total) * 100)} %`;
  return wait(boot, `the rack is fetching the ephemeral OS${percent}`, 3);
}

function wait({ mac, request }: Boot, message: string, seconds: number): string {
  return waitScript(message, `${request.base}/boot/${mac.replaceAll(':', '-')}.ipxe`, seconds);
}

function architectureOf(mac: string, sightings: Sightings): Architecture {
  const type = sightings.byMac(mac)?.architecture;
  return type !== undefined && arm64Types.has(type) ? 'arm64' : 'amd64';
}
