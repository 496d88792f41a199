import { powerError } from '../errors.ts';
import { patch } from './boot.ts';
import { defaultRedfishTimings, type RedfishClient, type RedfishTimings } from './client.ts';
import { isPassing, type RedfishResponse, statusError } from './faults.ts';
import { Manager, VirtualMedia } from './resources.ts';
import { type FoundSystem, membersOf } from './system.ts';
import { awaitTask } from './task.ts';

export interface MediaDeps {
  client: RedfishClient;
  timings: RedfishTimings;
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

interface Drive {
  path: string;
  media: VirtualMedia;
  etag: string | undefined;
}

/** BMCs that say nothing of CDs have one drive that takes anything. */
const optical: readonly string[] = ['CD', 'DVD'];

/**
 * Puts an image into the machine's virtual optical drive (DSP0268, VirtualMedia). What is in it is taken out first; the same
 * image is left there.
 * @throws CodedError<PowerErrorCode> BmcUnsupported without such a drive, BmcProtocolError when the BMC did not take it
 */
export async function insertMedia(
  found: FoundSystem,
  url: string,
  deps: MediaDeps,
  signal: AbortSignal,
): Promise<void> {
  let drive = await findDrive(found, deps.client, signal);
  if (drive.media.Image === url && drive.media.Inserted !== false) return;
  if (isFilled(drive)) {
    await takeOut(drive, deps, signal);
    drive = await readDrive(drive.path, deps.client, signal);
  }
  const response = await insert(drive, url, deps, signal);
  if (response.status >= 300) throw statusError(withoutUrl(response, url), 'virtual media');
  await awaitTask(deps.client, response, deps.timings, deps.delay, signal);
  await untilSeen(
    drive.path,
    isFilled,
    'the BMC took the image, and its virtual drive stays empty',
    deps,
    signal,
  );
}

/** Takes out what is in the machine's virtual optical drive. @throws CodedError<PowerErrorCode> */
export async function ejectMedia(found: FoundSystem, deps: MediaDeps, signal: AbortSignal): Promise<void> {
  const drive = await findDrive(found, deps.client, signal);
  if (isFilled(drive)) await takeOut(drive, deps, signal);
}

async function takeOut(drive: Drive, deps: MediaDeps, signal: AbortSignal): Promise<void> {
  const response = await eject(drive, deps.client, signal);
  if (response.status >= 300) {
    // Some refuse to take out what they have dropped by themselves.
    const now = await readDrive(drive.path, deps.client, signal);
    if (!isFilled(now)) return;
    throw statusError(response, 'virtual media');
  }
  await awaitTask(deps.client, response, deps.timings, deps.delay, signal);
  const stays = 'the BMC took the order, and the image stays in its virtual drive';
  await untilSeen(drive.path, (now) => !isFilled(now), stays, deps, signal);
}

/** `Inserted` where the BMC says so; else whether it names an image. */
function isFilled({ media }: Drive): boolean {
  return media.Inserted ?? (media.Image !== undefined && media.Image !== '');
}

/** At the system (newer BMCs), or at the manager that it names, or at the only one. */
async function findDrive(
  { system }: FoundSystem,
  client: RedfishClient,
  signal: AbortSignal,
): Promise<Drive> {
  const drives: Drive[] = [];
  for (const collection of await collectionsOf(system, client, signal)) {
    for (const path of await membersOf(client, collection, signal)) {
      const drive = await readDrive(path, client, signal);
      if (drive.media.MediaTypes?.some((type) => optical.includes(type)) === true) return drive;
      drives.push(drive);
    }
  }
  const [only] = drives;
  if (only !== undefined && drives.length === 1 && only.media.MediaTypes === undefined) return only;
  const seen = drives.length === 0 ? 'it has no virtual drive' : 'none of its virtual drives takes a CD';
  throw powerError('BmcUnsupported', `virtual media: ${seen}`);
}

async function collectionsOf(
  system: FoundSystem['system'],
  client: RedfishClient,
  signal: AbortSignal,
): Promise<string[]> {
  const own = system.VirtualMedia?.['@odata.id'];
  if (own !== undefined) return [own];
  const named = system.Links?.ManagedBy?.map((manager) => manager['@odata.id']) ?? [];
  const all = (await client.root(signal)).Managers?.['@odata.id'];
  const managers = named.length > 0 || all === undefined ? named : await membersOf(client, all, signal);
  // Of several managers, none of which is said to be this machine's, one may be another's.
  if (named.length === 0 && managers.length > 1) return [];
  const collections: string[] = [];
  for (const path of managers) {
    const { resource } = await client.get(path, Manager, signal);
    const collection = resource.VirtualMedia?.['@odata.id'];
    if (collection !== undefined) collections.push(collection);
  }
  return collections;
}

async function readDrive(path: string, client: RedfishClient, signal: AbortSignal): Promise<Drive> {
  const { resource, etag } = await client.get(path, VirtualMedia, signal);
  return { path: resource['@odata.id'] ?? path, media: resource, etag: etag ?? resource['@odata.etag'] };
}

/**
 * The action with what everybody takes, then with less, then with what some insist on; PATCH where there is no action
 * (Lenovo). A refusal that will pass is not argued with.
 */
async function insert(
  drive: Drive,
  url: string,
  { client, timings }: MediaDeps,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const target = drive.media.Actions?.['#VirtualMedia.InsertMedia']?.target;
  const timeoutMs = timings.insertMs ?? defaultRedfishTimings.insertMs;
  const whole = { Image: url, Inserted: true, WriteProtected: true };
  const protocol = url.startsWith('https:') ? 'HTTPS' : 'HTTP';
  let response: RedfishResponse | undefined;
  if (target !== undefined) {
    for (const json of [
      whole,
      { Image: url },
      { ...whole, TransferMethod: 'Stream', TransferProtocolType: protocol },
    ]) {
      response = await client.request({ method: 'POST', link: target, json, timeoutMs }, signal);
      if (response.status !== 400 || isPassing(response)) break;
    }
    if (response !== undefined && !isMissing(response)) return response;
  }
  const patched = await patch(client, drive.path, drive.etag, whole, signal, timeoutMs);
  if (patched.status !== 400 || isPassing(patched)) return patched;
  return await patch(client, drive.path, drive.etag, { Image: url }, signal, timeoutMs);
}

async function eject(drive: Drive, client: RedfishClient, signal: AbortSignal): Promise<RedfishResponse> {
  const target = drive.media.Actions?.['#VirtualMedia.EjectMedia']?.target;
  if (target !== undefined) {
    const response = await client.request({ method: 'POST', link: target, json: {} }, signal);
    if (!isMissing(response)) return response;
  }
  const whole = await patch(client, drive.path, drive.etag, { Image: null, Inserted: false }, signal);
  if (whole.status !== 400 || isPassing(whole)) return whole;
  return await patch(client, drive.path, drive.etag, { Image: null }, signal);
}

function isMissing({ status }: RedfishResponse): boolean {
  return status === 404 || status === 405 || status === 501;
}

/** What a BMC does after it has answered shows in the drive; so often it is looked at. */
const looks = 10;

async function untilSeen(
  path: string,
  holds: (drive: Drive) => boolean,
  seen: string,
  { client, timings, delay }: MediaDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let look = 1; look <= looks; look += 1) {
    if (holds(await readDrive(path, client, signal))) return;
    if (look < looks) await delay(timings.taskPollMs, signal);
  }
  throw powerError('BmcProtocolError', seen);
}

/** BMCs quote what they refuse, and the address of the image is a secret. */
function withoutUrl(response: RedfishResponse, url: string): RedfishResponse {
  if (response.body === undefined) return response;
  const body: unknown = JSON.parse(JSON.stringify(response.body).replaceAll(url, 'the image'));
  return { ...response, body };
}
