import type { Rack } from '../../../../src/api/rack/schema.ts';
import type { Tone } from '../../components/badge.tsx';
import { conditionOf } from '../../components/conditions.tsx';

/** A rack renews its status every minute; after this long it is silent. As in the overview of the server. */
const silentMs = 180_000;

/** How a rack is, in a word, and why. */
export interface RackHealth {
  words: string;
  tone: Tone;
  message: string | undefined;
}

/** @param now milliseconds since the epoch: one that was not heard for long is not well, whatever it last said */
export function rackHealth({ status }: Pick<Rack, 'status'>, now: number): RackHealth {
  const ready = conditionOf(status?.conditions, 'Ready');
  const said = ready === undefined || ready.message === '' ? undefined : ready.message;
  if (status?.lastSeen === undefined) return { words: 'Not heard yet', tone: 'quiet', message: said };
  if (now - Date.parse(status.lastSeen) > silentMs) {
    return {
      words: 'Silent',
      tone: 'bad',
      message: 'It has not been heard for more than three minutes: look at its node and its pod.',
    };
  }
  if ((status.services ?? []).some(({ state }) => state === 'Failed'))
    return { words: 'A service failed', tone: 'bad', message: undefined };
  if (ready?.status !== 'True') return { words: 'Not ready', tone: 'bad', message: said };
  if ((status.foreignDhcpServers ?? []).length > 0)
    return { words: 'Well', tone: 'ok', message: 'It hears a DHCP server that is no rack.' };
  return { words: 'Well', tone: 'ok', message: undefined };
}
