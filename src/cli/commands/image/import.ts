import type { BootImage } from '../../../api/boot-image/schema.ts';
import { findCondition } from '../../../api/conditions.ts';
import type { Resource } from '../../../kube/resource.ts';
import {
  argument,
  type Cluster,
  type Context,
  flag,
  type Invocation,
  option,
  type Run,
} from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import { type Deadline, deadlineOf } from '../../follow/deadline.ts';
import { observe } from '../../follow/observe.ts';
import { newReporter } from '../../follow/progress.ts';
import { kinds } from '../../kinds.ts';
import { fieldManager, manifestOf, sayWritten, showManifests } from '../../write.ts';

const images: Resource<BootImage> = kinds.BootImage;

/** Makes a BootImage of an image of a whole disk, which Metalwright then imports. */
export const run: Run = async (invocation, context) => {
  const name = argument(invocation, 0);
  const deadline = deadlineOf(invocation, context);
  const draft = { metadata: { name }, spec: specOf(name, argument(invocation, 1), invocation) };
  if (invocation.manifest) {
    await showManifests(context, [manifestOf(images, draft)]);
    return 'ok';
  }
  const cluster = await context.cluster();
  const dryRun = flag(invocation, 'dry-run');
  const made = await cluster.client.create(images, draft, { fieldManager, dryRun });
  await sayWritten(invocation, context, made, 'created');
  if (!flag(invocation, 'wait') || dryRun) return 'ok';
  return await follow(cluster, context, name, deadline);
};

/** What the options say of an image; system and release also by its name. @throws CliError usage */
export function describedBy(name: string, invocation: Invocation) {
  const [, os = name, release = 'unknown'] = /^([a-z][a-z0-9]*)-(.+)$/.exec(name) ?? [];
  const words = (option(invocation, 'kernel-arguments') ?? '').split(' ').filter((word) => word !== '');
  return {
    os: option(invocation, 'os') ?? os,
    release: option(invocation, 'release') ?? release,
    architecture: architectureOf(invocation),
    kernelArguments: words.length === 0 ? undefined : words,
  };
}

/** @throws CliError usage */
function specOf(name: string, source: string, invocation: Invocation) {
  const digest = option(invocation, 'digest');
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new CliError('usage', `--digest ${digest} is not sha256: and 64 lower-case hex digits`);
  }
  const isUrl = /^https?:\/\//.test(source);
  if (!isUrl && !source.startsWith('/')) {
    throw new CliError(
      'usage',
      `${source} is neither an http URL nor an absolute path`,
      'a path is one on the operator and on every rack, not on this computer',
    );
  }
  const { os, release, architecture, kernelArguments } = describedBy(name, invocation);
  return {
    ...{ os, release, architecture },
    purpose: 'Disk' as const,
    artifacts: [
      {
        role: 'Disk' as const,
        source: isUrl ? { http: { url: source } } : { file: { path: source } },
        ...(digest === undefined ? {} : { digest }),
        format: formatOf(source, invocation),
      },
    ],
    ...(kernelArguments === undefined ? {} : { kernelArguments }),
  };
}

function architectureOf(invocation: Invocation): 'amd64' | 'arm64' {
  const given = option(invocation, 'architecture') ?? 'amd64';
  if (given !== 'amd64' && given !== 'arm64') {
    throw new CliError('usage', `--architecture ${given}: there are amd64 and arm64`);
  }
  return given;
}

/** By `--format`, or by the end of the name. */
function formatOf(source: string, invocation: Invocation): 'Raw' | 'RawZstd' | 'RawGzip' {
  const path = source.split(/[?#]/)[0] ?? source;
  return (
    givenFormat(invocation) ?? (path.endsWith('.zst') ? 'RawZstd' : path.endsWith('.gz') ? 'RawGzip' : 'Raw')
  );
}

/** `--format`. @throws CliError usage */
export function givenFormat(invocation: Invocation): 'Raw' | 'RawZstd' | 'RawGzip' | undefined {
  const given = option(invocation, 'format');
  if (given === undefined) return undefined;
  const format = (['Raw', 'RawZstd', 'RawGzip'] as const).find((known) => known === given);
  if (format === undefined)
    throw new CliError('usage', `--format ${given}: there are Raw, RawZstd and RawGzip`);
  return format;
}

async function follow(cluster: Cluster, context: Context, name: string, deadline: Deadline): Promise<Exit> {
  const report = newReporter(context, deadline);
  for await (const seen of observe(cluster.client, images, { name, signal: deadline.signal })) {
    const object = seen.kind === 'All' ? seen.objects[0] : seen.object;
    if (seen.kind === 'Gone' || object === undefined)
      throw new CliError('failed', `image ${name} was deleted`);
    const { conditions, progress } = object.status ?? {};
    const ready = findCondition(conditions, 'Ready');
    if (ready?.status === 'True') {
      context.terminal.out(`${name}: ready\n`);
      return 'ok';
    }
    if (findCondition(conditions, 'Stalled')?.status === 'True') {
      throw new CliError('failed', `${name}: ${ready?.reason ?? 'Stalled'}: ${ready?.message ?? ''}`);
    }
    if (progress?.percent !== undefined) report(`${name}: ${Math.floor(progress.percent / 10) * 10} %`);
    else if (ready !== undefined) report(`${name}: ${ready.message}`);
  }
  return deadline.fail(`the import of image ${name}`);
}
