import { setTimeout as delay } from 'node:timers/promises';
import { decideBoot } from '../../domain/boot/decide-boot.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { ImageCache, OpenImage } from '../images/ports.ts';
import type { Sightings } from './sightings.ts';

export interface ImageRouteDeps {
  images: ImageCache;
  machines: Pick<RackMachines, 'byMac' | 'ephemeralImage' | 'reportBoot'>;
  sightings: Sightings;
  clock: Clock;
  log: Logger;
  /** How long a request waits for a transfer before it is told to come again. Default 20 s. */
  patienceMs?: number;
}

const digestPattern = /^[0-9a-f]{64}$/;

/** `/images/<sha256>`: whatever a BootImage names, fetched on demand. Images are no secret; the address is their digest. */
export function imageRoute(deps: ImageRouteDeps): Route {
  return {
    pattern: '/images/:digest',
    methods: ['GET'],
    errors: 'Text',
    async handle(request) {
      const digest = request.parameters[0] ?? '';
      if (!digestPattern.test(digest)) return problem('NotFound');
      const image = await obtain(digest, deps);
      if ('kind' in image) return image;
      if (request.method === 'GET') reportKernel(digest, request, deps);
      return { kind: 'File', image, etag: `"${digest}"` };
    },
  };
}

/** Twice: a file that is found damaged when it is opened is fetched again. */
async function obtain(
  digest: string,
  { images, log, patienceMs = 20_000 }: ImageRouteDeps,
): Promise<OpenImage | Answer> {
  try {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const patience = new AbortController();
      const late = delay(patienceMs, 'Late' as const, { signal: patience.signal }).catch(
        () => 'Late' as const,
      );
      const outcome = await Promise.race([images.ensure(digest), late]).finally(() => patience.abort());
      if (outcome === 'Late') return problem('ImageUnavailable', 'it is being fetched', 5);
      const image = await images.open(digest);
      if (image !== undefined) return image;
    }
    return problem('ImageUnavailable', 'it was found damaged', 5);
  } catch (error) {
    if (error instanceof CodedError && error.code === 'ImageUnknown') return problem('NotFound');
    log.warn({ digest, error: messageOf(error) }, 'an image cannot be served');
    return problem('ImageUnavailable', error instanceof CodedError ? error.code : undefined, 10);
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
