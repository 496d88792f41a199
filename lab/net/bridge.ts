import { labError } from '../errors.ts';
import type { LabInstance } from '../instance.ts';
import { run, tryRun } from '../process/run.ts';

/** Makes the instance's bridge with the rack's address on it, or keeps the one that it made before. */
export async function ensureBridge(instance: LabInstance): Promise<void> {
  const owner = await ownerOf(instance.bridge);
  if (owner !== undefined && owner !== ownName(instance)) {
    throw labError('Conflict', `the interface ${instance.bridge} exists and was not made by this laboratory`);
  }
  if (owner !== undefined) return;
  const address = `${instance.rackAddress}/${instance.prefixLength}`;
  await run('ip', [
    'link',
    'add',
    instance.bridge,
    'type',
    'bridge',
    'stp_state',
    '0',
    'mcast_snooping',
    '0',
  ]);
  await run('ip', ['link', 'set', instance.bridge, 'alias', ownName(instance)]);
  await run('ip', ['address', 'add', address, 'dev', instance.bridge]);
  await plugCable(instance);
  await run('ip', ['link', 'set', instance.bridge, 'up']);
}

/**
 * A bridge has a carrier, and its address counts as up, only while something is plugged in: here, for good. The loose
 * end must not answer ARP: it would offer itself for the bridge's address too, and firmware that believed it would be lost.
 */
async function plugCable({ bridge }: LabInstance): Promise<void> {
  const [port, end] = [`${bridge}-port`, `${bridge}-end`];
  // Whoever deletes the bridge by hand leaves it there.
  await tryRun('ip', ['link', 'delete', port]);
  await run('ip', ['link', 'add', port, 'type', 'veth', 'peer', 'name', end]);
  await run('ip', ['link', 'set', port, 'master', bridge]);
  await run('ip', ['link', 'set', end, 'arp', 'off']);
  for (const side of [port, end]) await run('ip', ['link', 'set', side, 'addrgenmode', 'none', 'up']);
}

/** Removes the instance's bridge, if it made one. */
export async function removeBridge(instance: LabInstance): Promise<void> {
  if ((await ownerOf(instance.bridge)) !== ownName(instance)) return;
  await tryRun('ip', ['link', 'delete', `${instance.bridge}-port`]);
  await run('ip', ['link', 'delete', instance.bridge]);
}

/** The mark on a bridge that says who made it, empty for one without; `undefined` when there is no such interface. */
async function ownerOf(bridge: string): Promise<string | undefined> {
  const result = await tryRun('cat', [`/sys/class/net/${bridge}/ifalias`]);
  return result.code === 0 ? result.stdout.trim() : undefined;
}

function ownName(instance: LabInstance): string {
  return `metalwright-${instance.name}`;
}
