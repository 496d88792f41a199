import type { Clock } from '../../domain/clock.ts';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { LeaseEntry } from './leases/lease.ts';
import type { LeaseStore } from './leases/store.ts';
import type { PingCheck, PingVerdict } from './ping-check.ts';

/** What `guardOffer` works with. */
export interface OfferGuard {
  /** Undefined: nothing is asked. */
  ping: PingCheck | undefined;
  leases: Pick<LeaseStore, 'view' | 'hold' | 'commit'>;
  clock: Clock;
  log: Logger;
}

/** For how long an address that somebody answered for is offered to nobody. */
const probationMs = 24 * 3600 * 1000;
/** DISCOVERs of one client that may wait for one answer. */
const mostRepeats = 8;

/**
 * Holds an address for a client, and lets it be offered once nobody answers for it. A client that had the address, or
 * was offered it before, is not made to wait. An address that is answered for goes into probation, as after a DECLINE,
 * and `another` is to be found. A repeated DISCOVER waits with the first one.
 *
 * @param device undefined for a client behind a relay
 */
export function guardOffer(
  { ping, leases, clock, log }: OfferGuard,
  hold: LeaseEntry,
  device: string | undefined,
  then: { offer(): void; another(): void },
): void {
  const waiting = ping?.waiting(hold.address) ?? 0;
  if (waiting >= mostRepeats) return;
  const known = waiting === 0 && leases.view.of(hold.client, hold.subnet)?.address === hold.address;
  leases.hold(hold);
  const settle = (verdict: PingVerdict): void => {
    if (verdict !== 'InUse') {
      then.offer();
      return;
    }
    if (leases.view.at(hold.address)?.state === 'Declined') {
      then.another();
      return;
    }
    const address = ipv4FromNumber(hold.address);
    log.warn(
      { address, subnet: hold.subnet },
      'a free address answers a ping: somebody took it without asking',
    );
    const end = clock.now() + probationMs;
    leases
      .commit({ ...hold, client: '', mac: '', hostname: undefined, state: 'Declined', end })
      .catch((error: unknown) => log.debug({ address, error: messageOf(error) }, 'probation was not stored'));
    then.another();
  };
  const verdict = known || ping === undefined ? 'Unknown' : ping.check(hold.address, device);
  if (typeof verdict === 'string') settle(verdict);
  else void verdict.then(settle);
}
