import { decideBoot } from '../../domain/boot/decide-boot.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import type { RateLimit } from '../agent-api/rate-limit.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import { problem, type Request, type Route } from '../http/answer.ts';
import type { ImageCache, OpenImage } from '../images/ports.ts';
import type { LoadPrograms } from './boot-programs.ts';
import { openIso } from './iso-file.ts';
import { isoOf } from './iso-of.ts';
import type { MediaStore } from './media-store.ts';
import type { MediaRecord } from './schema.ts';

export interface MediaRouteDeps {
  media: MediaStore;
  programs: LoadPrograms;
  images: ImageCache;
  tokens: Pick<BootTokens, 'hasSession'>;
  machines: Pick<RackMachines, 'byName' | 'reportBoot' | 'securityEvent'>;
  eventRate: RateLimit;
  clock: Clock;
  log: Logger;
}

/** What the address of a medium ends in: some BMCs look at it to know what they were given. */
export const mediaFile = 'boot.iso';

/**
 * `/media/<secret>/boot.iso`: the ISO that was made for one machine and boot, for the BMC that reads it first, until the
 * machine's agent has called.
 */
export function mediaRoute(deps: MediaRouteDeps): Route {
  return {
    pattern: `/media/:secret/${mediaFile}`,
    methods: ['GET'],
    errors: 'Text',
    async handle(request) {
      const secret = request.parameters[0] ?? '';
      const record = deps.media.find(secret);
      if (record === undefined || !isWanted(record, deps)) return problem('NotFound');
      if (!(await mayRead(record, request, deps))) return problem('NotFound');
      try {
        const layout = isoOf(record, secret, await deps.programs(record.architecture));
        const image = await openIso(layout, record.issuedAt, (digest) => openPart(digest, deps.images));
        return { kind: 'File', image, etag: `"${record.hash}"`, secret: true };
      } catch (error) {
        deps.log.warn({ machine: record.machine, error: messageOf(error) }, 'virtual media cannot be served');
        return problem('ImageUnavailable', undefined, 5);
      }
    },
  };
}

/** Once the agent has called, all of the medium is in the machine's memory; a second boot from it would be of no use. */
function isWanted(
  { machine: name, machineUid, generation }: Readonly<MediaRecord>,
  { machines, tokens, clock }: MediaRouteDeps,
): boolean {
  const machine = machines.byName(name);
  if (machine?.metadata.uid !== machineUid) return false;
  const decision = decideBoot(machine, clock.now());
  const expected = decision.kind === 'EphemeralOS' && decision.generation === generation;
  return expected && !tokens.hasSession({ machine: name, machineUid, generation });
}

/** The first reader is the BMC; its address has leaked when there is another. */
async function mayRead(
  record: Readonly<MediaRecord>,
  { address, method }: Request,
  deps: MediaRouteDeps,
): Promise<boolean> {
  const { machine, generation, mac, reader } = record;
  if (reader !== undefined && reader !== address) {
    deps.log.warn({ machine, address, reader }, 'virtual media asked for by a second reader');
    const message = `${address} asked for the virtual media that ${reader} reads`;
    if (deps.eventRate.take(address)) deps.machines.securityEvent(machine, 'BootTokenRefused', message);
    return false;
  }
  if (reader === undefined && method === 'GET') {
    await deps.media.readBy(record, address);
    deps.log.info({ machine, generation, address }, 'virtual media is being read');
    const at = new Date(deps.clock.now()).toISOString();
    deps.machines.reportBoot(machine, { generation, stage: 'Loader', at, mac });
  }
  return true;
}

async function openPart(digest: string, images: ImageCache): Promise<OpenImage> {
  await images.ensure(digest);
  const image = await images.open(digest);
  if (image === undefined) throw new Error('an image was found damaged');
  return image;
}
