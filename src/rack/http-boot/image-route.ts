import { setTimeout as delay } from 'node:timers/promises';
import { decideBoot } from '../../domain/boot/decide-boot.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import { heldOnly } from '../images/neighbours.ts';
import type { ImageCache, OpenImage } from '../images/ports.ts';
import type { Sightings } from './sightings.ts';

export interface ImageRouteDeps {
  images: ImageCache;
  machines: Pick<RackMachines, 'byMac' | 'ephemeralImage' | 'reportBoot'>;
  tokens: Pick<BootTokens, 'session'>;
  sightings: Sightings;
  clock: Clock;
  log: Logger;
  /** How long a request waits for a transfer before it is told to come again. Default 20 s. */
  patienceMs?: number;
  /** How long a neighbour waits for the check of a file. Default 1 s. */
  neighbourPatienceMs?: number;
}

const digestPattern = /^[0-9a-f]{64}$/;

/** `/images/<sha256>`: whatever a BootImage names, fetched on demand. Images are no secret; the address is their digest. */
export function imageRoute(deps: ImageRouteDeps): Route {
  const { images, patienceMs = 20_000, neighbourPatienceMs = 1_000 } = deps;
  return {
    pattern: '/images/:digest',
    methods: ['GET'],
    errors: 'Text',
    async handle(request) {
      const digest = request.parameters[0] ?? '';
      if (!digestPattern.test(digest)) return problem('NotFound');
      const answer = (image: OpenImage): Answer => ({ kind: 'File', image, etag: `"${digest}"` });
      if (request.query === heldOnly) {
        if (!images.has(digest)) return problem('NotFound');
        const image = await inTime(images.open(digest), neighbourPatienceMs, digest, deps);
        return 'kind' in image ? image : answer(image);
      }
      const obtained = isAgent(request, deps) ? images.openUnchecked(digest) : obtain(digest, images);
      const image = await inTime(obtained, patienceMs, digest, deps);
      if ('kind' in image) return image;
      if (request.method === 'GET') reportKernel(digest, request, deps);
      return answer(image);
    },
  };
}

/** The agent checks the digest of what it writes; it need not wait until the rack has. */
function isAgent({ headers, address }: Request, { tokens, sightings }: ImageRouteDeps): boolean {
  const key = /^Bearer ([A-Za-z0-9_-]{1,128})$/i.exec(headers.authorization ?? '')?.[1];
  const session = key === undefined ? undefined : tokens.session(key);
  return session !== undefined && (sightings.byAddress(address)?.mac ?? session.mac) === session.mac;
}

/** Twice: a file that is found damaged when it is opened is fetched again. */
async function obtain(digest: string, images: ImageCache): Promise<OpenImage | undefined> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await images.ensure(digest);
    const image = await images.open(digest);
    if (image !== undefined) return image;
  }
  return undefined;
}

/** The file, or why there is none now. One that comes too late is closed. */
async function inTime(
  obtained: Promise<OpenImage | undefined>,
  patienceMs: number,
  digest: string,
  { log }: ImageRouteDeps,
): Promise<OpenImage | Extract<Answer, { kind: 'Problem' }>> {
  const patience = new AbortController();
  const late = delay(patienceMs, 'Late' as const, { signal: patience.signal }).catch(() => 'Late' as const);
  try {
    const outcome = await Promise.race([obtained, late]);
    if (outcome === 'Late') {
      obtained.then((image) => image?.file.close()).catch(() => undefined);
      return problem('ImageUnavailable', 'it is being fetched', 5);
    }
    return outcome ?? problem('ImageUnavailable', 'it was found damaged', 5);
  } catch (error) {
    if (error instanceof CodedError && error.code === 'ImageUnknown') return problem('NotFound');
    log.warn({ digest, error: messageOf(error) }, 'an image cannot be served');
    return problem('ImageUnavailable', error instanceof CodedError ? error.code : undefined, 10);
  } finally {
    patience.abort();
  }
}

/** Who loads the ephemeral OS while it is expected to has come as far as the kernel. */
function reportKernel(digest: string, { address }: Request, deps: ImageRouteDeps): void {
  const { machines, sightings, clock } = deps;
  const sighting = sightings.byAddress(address);
  const machine = sighting === undefined ? undefined : machines.byMac(sighting.mac);
  if (sighting === undefined || machine === undefined) return;
  const image = machines.ephemeralImage(machine.spec.architecture);
  const decision = decideBoot(machine, clock.now());
  if (decision.kind !== 'EphemeralOS') return;
  if (digest !== image?.kernelDigest && digest !== image?.initrdDigest) return;
  machines.reportBoot(machine.metadata.name, {
    generation: decision.generation,
    stage: 'Kernel',
    at: new Date(clock.now()).toISOString(),
    mac: sighting.mac,
    vlan: sighting.vlan,
    subnet: sighting.subnet,
    address,
  });
}
