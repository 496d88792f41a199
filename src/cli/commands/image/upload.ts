import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beginningBytes, notThatFormat, packingOf } from '../../../domain/boot/disk-beginning.ts';
import { messageOf } from '../../../errors/coded-error.ts';
import { isRecord, stringMember } from '../../../kube/json.ts';
import { argument, type Context, type Invocation, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { deadlineOf } from '../../follow/deadline.ts';
import { newReporter } from '../../follow/progress.ts';
import { connectToServer } from '../../server/connect.ts';
import type { RestClient } from '../../server/rest-client.ts';
import { describedBy, givenFormat } from './import.ts';

const sliceBytes = 8 * 1024 * 1024;
/** Waits after each attempt in a row that brought nothing, in milliseconds. */
const retryAfterMs = [500, 2_000, 5_000, 10_000, 20_000];

/** `mw image upload FILE` */
export const run: Run = async (invocation, context) => {
  const path = argument(invocation, 0);
  const fileName = basename(path);
  const name = option(invocation, 'name') ?? fileName.replace(/(\.(raw|img))?(\.(zst|gz))?$/, '');
  const { os, release, architecture, kernelArguments } = describedBy(name, invocation);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new CliError('usage', `${path} cannot be read: ${messageOf(error)}`);
  });
  try {
    const { sizeBytes, format } = await lookAt(file, path, invocation);
    const client = await connectToServer(invocation, context);
    try {
      const sender = { client, file, sizeBytes, signal: context.signal };
      const report = newReporter(context, deadlineOf(invocation, context));
      const id = await beginOrGoOn(sender, fileName);
      const digest = await sendAll(sender, id, (done) =>
        report(`${name}: ${Math.floor((done / sizeBytes) * 10) * 10} % of ${mib(sizeBytes)}`),
      );
      const body = { name, os, release, architecture, format, digest, kernelArguments };
      await client.send('POST', `/api/v1/uploads/${id}/image`, { body }, context.signal);
      context.terminal.out(`bootimage.metalwright.dev/${name} created, ${digest}\n`);
      return 'ok';
    } finally {
      await client.close();
    }
  } finally {
    await file.close();
  }
};

interface Sender {
  client: RestClient;
  file: FileHandle;
  sizeBytes: number;
  signal: Context['signal'];
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** @throws CliError usage, when it is no image of a disk */
async function lookAt(file: FileHandle, path: string, invocation: Invocation) {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
  if (size === 0) throw new CliError('usage', `${path} is empty`);
  const beginning = buffer.subarray(0, bytesRead);
  const format = givenFormat(invocation) ?? packingOf(beginning);
  const mistaken = notThatFormat(beginning, format);
  if (mistaken !== undefined) throw new CliError('usage', `${path} is ${mistaken}`);
  return { sizeBytes: size, format };
}

/** The upload that an earlier command began with this file, by its name and size, or a new one; what is wrong shows in the digest. */
async function beginOrGoOn({ client, sizeBytes, signal }: Sender, fileName: string): Promise<string> {
  const page = await client.get('/api/v1/uploads', signal);
  const items: unknown[] = isRecord(page) && Array.isArray(page.items) ? page.items : [];
  const begun = items.find(
    (item) => isRecord(item) && item.fileName === fileName && item.sizeBytes === sizeBytes,
  );
  const upload =
    begun ??
    (await client.send(
      'POST',
      '/api/v1/uploads',
      { body: { sizeBytes, fileName: fileName.slice(-255) } },
      signal,
    ));
  return stringMember(upload, 'id') ?? '';
}

/** Sends what is not there yet. @returns the digest of the file, as it is here */
async function sendAll(sender: Sender, id: string, progress: (bytes: number) => void): Promise<string> {
  const { client, signal } = sender;
  const path = `/api/v1/uploads/${id}`;
  const local = hashing(sender.file);
  let offset = receivedOf(await client.get(path, signal));
  for (let failures = 0; offset < sender.sizeBytes; ) {
    signal.throwIfAborted();
    progress(offset);
    const body = await local.slice(offset);
    if (body.length === 0) throw new CliError('failed', 'the file became shorter while it was sent: repeat');
    try {
      offset = receivedOf(await client.send('PUT', `${path}?offset=${offset}`, { body }, signal));
      failures = 0;
    } catch (error) {
      const wait = retryAfterMs[failures];
      if (!(error instanceof CliError) || error.code !== 'failed' || wait === undefined) throw error;
      failures += 1;
      await delay(wait, undefined, { signal }).catch(() => {
        throw new CliError('interrupted', 'interrupted: the same command goes on where it was');
      });
      const before = offset;
      offset = await client.get(path, signal).then(receivedOf, () => before);
      if (offset > before) failures = 0;
    }
  }
  progress(sender.sizeBytes);
  await local.until(sender.sizeBytes);
  return `sha256:${local.digest()}`;
}

/** Reads a file in slices, and hashes each byte once, in the order of the file, whichever slices are read again. */
function hashing(file: FileHandle) {
  const hash: Hash = createHash('sha256');
  let hashed = 0;

  async function read(offset: number, length: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  /** Hashes up to there. */
  async function until(offset: number): Promise<void> {
    while (hashed < offset) {
      const bytes = await read(hashed, Math.min(sliceBytes, offset - hashed));
      if (bytes.length === 0) return;
      hash.update(bytes);
      hashed += bytes.length;
    }
  }

  return {
    until,
    async slice(offset: number): Promise<Uint8Array> {
      await until(offset);
      const bytes = await read(offset, sliceBytes);
      if (offset + bytes.length > hashed) {
        hash.update(bytes.subarray(hashed - offset));
        hashed = offset + bytes.length;
      }
      return bytes;
    },
    digest: () => hash.digest('hex'),
  };
}

function receivedOf(upload: unknown): number {
  const received: unknown = isRecord(upload) ? upload.receivedBytes : undefined;
  if (typeof received === 'number') return received;
  throw new CliError('failed', 'the server says nothing of the upload that can be understood');
}
