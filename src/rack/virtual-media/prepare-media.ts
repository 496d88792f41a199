import { randomInt } from 'node:crypto';
import type { Machine } from '../../api/machine/schema.ts';
import { decideBoot } from '../../domain/boot/decide-boot.ts';
import type { SecureApi } from '../../domain/boot/secure-api.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import type { ImageCache } from '../images/ports.ts';
import { powerError } from '../power/errors.ts';
import type { World } from '../world/world.ts';
import type { LoadPrograms } from './boot-programs.ts';
import { isoOf } from './iso-of.ts';
import { mediaFile } from './media-route.ts';
import { writeMediaState } from './media-status.ts';
import { type MediaStore, tokenOf } from './media-store.ts';
import type { MediaRecord } from './schema.ts';
import { addressIn, mediaNetworkOf } from './static-network.ts';

export interface PrepareMediaDeps {
  media: MediaStore;
  programs: LoadPrograms;
  images: ImageCache;
  tokens: Pick<BootTokens, 'issue'>;
  machines: Pick<RackMachines, 'ephemeralImage'>;
  world: Pick<World, 'addresses' | 'subnets' | 'vlans'>;
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  rackName: string;
  httpPort: number;
  /** How an agent that was booted from one of the rack's addresses speaks HTTPS; undefined: it speaks HTTP. */
  secureApi(address: string): SecureApi | undefined;
  /** The rack's own addresses that HTTP is served at, the first one first. */
  addresses(): string[];
  /** The rack's address on the way to a BMC; undefined when there is none. */
  addressTowards(host: string): Promise<string | undefined>;
  /** What BMCs reach the rack by, where it is not one of its own addresses. Without a slash at the end. */
  mediaUrl: string | undefined;
  clock: Clock;
}

/** A BMC that reads at a megabyte a second, behind firmware that takes its time, is done within this. */
const lifetimeMs = 60 * 60_000;

/**
 * Makes a medium for the boot that a machine is expected to do, and says where it is. That there will be one is written into
 * the machine's status first, so that whoever comes after a crash knows to take it out.
 *
 * @param bmcHost host of the BMC, which is to read it
 * @throws CodedError<PowerErrorCode> MediaUnavailable, KubeError
 */
export async function prepareMedia(
  machine: Machine,
  bmcHost: string,
  deps: PrepareMediaDeps,
): Promise<{ url: string }> {
  const { clock, media, tokens } = deps;
  const { name, uid } = machine.metadata;
  const decision = decideBoot(machine, clock.now());
  if (decision.kind !== 'EphemeralOS') throw unavailable('no boot into the ephemeral OS is expected');
  const { mac, network, cidr } = mediaNetworkOf(machine, deps.world);
  const [address] = deps.addresses();
  const own = addressIn(cidr, deps.addresses()) ?? address;
  const base = await mediaBase(bmcHost, deps);
  if (own === undefined || base === undefined) throw unavailable('the rack serves no network', true);

  const now = clock.now();
  const api = deps.secureApi(own);
  const record: Omit<MediaRecord, 'hash'> = {
    ...(await imagesOf(machine, deps)),
    ...{ id: newId(), machine: name, generation: decision.generation, mac },
    ...(uid === undefined ? {} : { machineUid: uid }),
    ...(network === undefined ? {} : { network }),
    architecture: machine.spec.architecture,
    rack: `http://${own}:${deps.httpPort}`,
    ...(api === undefined ? {} : { api }),
    issuedAt: now,
    expiresAt: now + lifetimeMs,
  };
  await checkIso(record, deps);
  const { generation, id } = record;
  const since = new Date(now).toISOString();
  await writeMediaState(name, uid, { id, rack: deps.rackName, generation, since }, deps.client);
  const secret = await media.add(record);
  const request = {
    ...{ machine: name, machineUid: uid, generation, mac },
    address: network?.address.split('/')[0] ?? '',
  };
  if ((await tokens.issue(request, { token: tokenOf(secret), lifetimeMs })) === undefined)
    throw unavailable('this boot has been used already');
  return { url: `${base}/media/${secret}/${mediaFile}` };
}

/** With a stand-in for the secret: what is wrong shows before anything is written. */
async function checkIso(record: Omit<MediaRecord, 'hash'>, { programs }: PrepareMediaDeps): Promise<void> {
  const found = await programs(record.architecture);
  if (found.efi === undefined && found.isolinux === undefined) {
    const packages = 'grub-efi-amd64-bin, isolinux and syslinux-common';
    throw unavailable(`the rack has no boot programs for it, as of Debian's packages ${packages}`);
  }
  try {
    isoOf(record, 'none', found);
  } catch (error) {
    if (error instanceof CodedError && error.code === 'MediaRefused') throw unavailable(error.message);
    throw error;
  }
}

async function imagesOf(
  { spec }: Machine,
  { machines, images }: PrepareMediaDeps,
): Promise<Pick<MediaRecord, 'kernel' | 'initrd' | 'extra'>> {
  const image = machines.ephemeralImage(spec.architecture);
  if (image === undefined)
    throw unavailable(`no BootImage of purpose Ephemeral for ${spec.architecture} is ready`, true);
  const sizeOf = async (digest: string): Promise<{ digest: string; sizeBytes: number }> => {
    try {
      await images.ensure(digest);
      const open = await images.open(digest);
      if (open === undefined) throw unavailable('the ephemeral OS was found damaged', true);
      await open.file.close();
      return { digest, sizeBytes: open.sizeBytes };
    } catch (error) {
      if (error instanceof CodedError && error.code === 'MediaUnavailable') throw error;
      throw unavailable(`the ephemeral OS cannot be had: ${messageOf(error)}`, true);
    }
  };
  const [kernel, initrd] = await Promise.all([sizeOf(image.kernelDigest), sizeOf(image.initrdDigest)]);
  return { kernel, initrd, extra: [...image.kernelArguments, ...(spec.kernelArguments ?? [])] };
}

/** Where a BMC finds the rack: as configured, else at the address on the way to it if HTTP is served there. */
async function mediaBase(
  bmcHost: string,
  { mediaUrl, httpPort, ...deps }: PrepareMediaDeps,
): Promise<string | undefined> {
  if (mediaUrl !== undefined) return mediaUrl;
  const served = deps.addresses();
  const towards = await deps.addressTowards(bmcHost);
  const address = towards !== undefined && served.includes(towards) ? towards : served[0];
  return address === undefined ? undefined : `http://${address}:${httpPort}`;
}

const idLetters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function newId(): string {
  return Array.from({ length: 8 }, () => idLetters[randomInt(idLetters.length)]).join('');
}

function unavailable(seen: string, retryable = false) {
  return powerError('MediaUnavailable', `virtual media: ${seen}`, { retryable });
}
