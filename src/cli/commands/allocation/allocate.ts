import { randomBytes } from 'node:crypto';
import type { Allocation } from '../../../api/allocation/schema.ts';
import type { BootImage } from '../../../api/boot-image/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { flag, type Invocation, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { followAllocation } from '../../follow/allocation.ts';
import { deadlineOf } from '../../follow/deadline.ts';
import { kinds } from '../../kinds.ts';
import { parseBytes } from '../../output/quantity.ts';
import { sshKeysOf } from '../../ssh-keys.ts';
import { fieldManager, manifestOf, sayWritten, showManifests } from '../../write.ts';
import { eraseOf } from '../machine/act.ts';
import { find } from '../shared/find.ts';

const allocations: Resource<Allocation> = kinds.Allocation;
const images: Resource<BootImage> = kinds.BootImage;

/** Asks for a machine. */
export const run: Run = async (invocation, context) => {
  const image = option(invocation, 'image');
  if (image === undefined) {
    throw new CliError('usage', '"mw allocate" needs --image', '"mw image list" lists them');
  }
  const deadline = deadlineOf(invocation, context);
  const constraints = constraintsOf(invocation);
  const sshKeys = await sshKeysOf(invocation, context);
  const hostname = option(invocation, 'hostname');
  const userDataSecret = option(invocation, 'user-data-secret');
  const priority = wholeNumber(invocation, 'priority', -1000);
  const spec = {
    image,
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(sshKeys.length === 0 ? {} : { sshKeys }),
    ...(userDataSecret === undefined ? {} : { userDataSecret }),
    ...eraseOf(invocation),
    ...(priority === undefined ? {} : { priority }),
  };
  const name =
    option(invocation, 'name') ??
    `${image.replace(/\./g, '-').slice(0, 50)}-${randomBytes(3).toString('hex')}`;
  const given = option(invocation, 'namespace');
  if (invocation.manifest) {
    const metadata = { name, ...(given === undefined ? {} : { namespace: given }) };
    await showManifests(context, [manifestOf(allocations, { metadata, spec })]);
    return 'ok';
  }
  const cluster = await context.cluster();
  const namespace = given ?? cluster.namespace;
  await checkImage(cluster, image);
  const dryRun = flag(invocation, 'dry-run');
  const made = await cluster.client.create(
    allocations,
    { metadata: { name, namespace }, spec },
    { fieldManager, dryRun },
  );
  if (sshKeys.length === 0 && userDataSecret === undefined) {
    context.terminal.err('Without --ssh-key or --user-data-secret nobody can log in to it.\n');
  }
  await sayWritten(invocation, context, made, 'created');
  if (!flag(invocation, 'wait') || dryRun) return 'ok';
  return await followAllocation(cluster, context, { name, namespace }, deadline);
};

/** A name that was mistyped is better refused now than an Allocation that waits for ever. Who may not read images is not asked. */
async function checkImage(cluster: Parameters<typeof find>[0], image: string): Promise<void> {
  try {
    await find(cluster, images, image);
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
}

/** @throws CliError usage */
export function constraintsOf(invocation: Invocation) {
  const text = (name: string): Record<string, string> => {
    const value = option(invocation, name);
    return value === undefined ? {} : { [name]: value };
  };
  const words = (name: string): string[] =>
    (invocation.options.get(name) ?? []).flatMap((value) => value.split(',')).filter((word) => word !== '');
  const cores = wholeNumber(invocation, 'cores', 1);
  const nics = wholeNumber(invocation, 'nics', 1);
  const memory = option(invocation, 'memory');
  const bytes = memory === undefined ? undefined : parseBytes(/^\d+$/.test(memory) ? `${memory}Mi` : memory);
  if (memory !== undefined && (bytes === undefined || bytes < 2 ** 20)) {
    throw new CliError('usage', `--memory ${memory} is no amount of memory`, 'write it as 32Gi');
  }
  const disks = (invocation.options.get('disk') ?? []).map(diskOf);
  const [tags, notTags] = [words('tag'), words('not-tag')];
  return {
    ...text('architecture'),
    ...(cores === undefined ? {} : { cores }),
    ...(bytes === undefined ? {} : { memoryMiB: Math.ceil(bytes / 2 ** 20) }),
    ...(nics === undefined ? {} : { nics }),
    ...(disks.length === 0 ? {} : { disks }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(notTags.length === 0 ? {} : { notTags }),
    ...text('zone'),
    ...text('pool'),
    ...text('machine'),
  };
}

/** `2x500GB:NVMe`, `1Ti`, `SSD`. @throws CliError usage */
function diskOf(text: string): { count: number; minSizeBytes?: number; kind?: 'HDD' | 'SSD' | 'NVMe' } {
  const parts = /^(?:(\d+)x)?([^:]*)(?::(.+))?$/.exec(text) ?? [];
  const [, count = '1', first = ''] = parts;
  const kindOf = (word: string | undefined): 'HDD' | 'SSD' | 'NVMe' | undefined =>
    (['HDD', 'SSD', 'NVMe'] as const).find((kind) => kind.toLowerCase() === word?.toLowerCase());
  const kind = kindOf(parts[3]) ?? kindOf(first);
  const size = kindOf(first) === undefined ? parseBytes(first) : undefined;
  if (
    (size === undefined && kind === undefined) ||
    (parts[3] !== undefined && kindOf(parts[3]) === undefined)
  ) {
    throw new CliError(
      'usage',
      `--disk ${text} is no wish for a disk`,
      'write it as 500GB, NVMe or 2x1Ti:SSD',
    );
  }
  return {
    count: Number(count),
    ...(size === undefined ? {} : { minSizeBytes: size }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function wholeNumber(invocation: Invocation, name: string, minimum: number): number | undefined {
  const text = option(invocation, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < minimum) {
    throw new CliError('usage', `--${name} ${text}: a whole number of at least ${minimum} is needed`);
  }
  return value;
}
