import { beforeEach, describe, expect, it } from 'vitest';
import { address, quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { silentLogger } from '../../log/logger.ts';
import type { LeaseEntry } from './leases/lease.ts';
import { LeaseTable } from './leases/lease-table.ts';
import { messageType as message } from './options.ts';
import type { PingCheck, PingVerdict } from './ping-check.ts';
import { guardOffer } from './ping-offer.ts';
import { aServer, other, replyOf, start, unknown } from './testing/a-server.ts';

describe('an offer of an address that nobody should have', () => {
  const hold: LeaseEntry = {
    address: quad('10.0.0.100'),
    subnet: 'a',
    client: 'me',
    mac: unknown,
    hostname: undefined,
    state: 'Offered',
    end: start + 60_000,
  };
  let leases: LeaseTable;
  let done: string[];
  let asked: (string | undefined)[];
  let answer: (verdict: PingVerdict) => void;
  let waiting: number;

  const ping: PingCheck = {
    check(_address, device) {
      asked.push(device);
      waiting += 1;
      return promise;
    },
    waiting: () => waiting,
    close() {},
  };
  let promise: Promise<PingVerdict>;

  beforeEach(() => {
    leases = new LeaseTable();
    done = [];
    asked = [];
    waiting = 0;
    promise = new Promise((resolve) => {
      answer = resolve;
    });
  });

  function guard(using: PingCheck | undefined = ping): void {
    guardOffer(
      {
        ping: using,
        leases: {
          view: leases,
          hold: (entry) => leases.put(entry),
          async commit(entry) {
            leases.put(entry);
          },
        },
        clock: { now: () => start },
        log: silentLogger,
      },
      hold,
      'eth1',
      { offer: () => done.push('offer'), another: () => done.push('another') },
    );
  }

  it('waits for the answer, and is made when there is none', async () => {
    guard();
    expect(leases.at(hold.address)).toMatchObject({ client: 'me', state: 'Offered' });
    expect([done, asked]).toEqual([[], ['eth1']]);
    answer('Free');
    await promise;
    expect(done).toEqual(['offer']);
  });

  it('is not made when somebody answers: the address goes into probation', async () => {
    guard();
    answer('InUse');
    await promise;
    expect(done).toEqual(['another']);
    expect(leases.at(hold.address)).toMatchObject({
      client: '',
      state: 'Declined',
      end: start + 24 * 3_600_000,
    });
    expect(leases.of('me', 'a')).toBeUndefined();
  });

  it('is made at once to a client that had the address', () => {
    leases.put({ ...hold, state: 'Released', end: start - 1 });
    guard();
    expect([done, asked]).toEqual([['offer'], []]);
  });

  it('waits with the first one when it is repeated, and no more than a few do', async () => {
    for (let repeat = 0; repeat < 20; repeat += 1) guard();
    expect(asked).toHaveLength(8);
    answer('Free');
    await promise;
    expect(done).toHaveLength(8);
  });

  it('is made to nobody of those who wait when somebody answers', async () => {
    guard();
    guard();
    answer('InUse');
    await promise;
    expect(done).toEqual(['another', 'another']);
  });
});

describe('an address in probation', () => {
  it('goes back to who extends it: its lease was lost, and it is the one who answered', () => {
    const server = aServer();
    server.bind('', '10.0.0.100', { client: '', state: 'Declined' });
    const renewal = server.ask({ type: message.request, ciaddr: '10.0.0.100' }, '10.0.0.100');
    expect(replyOf(renewal)).toMatchObject({ type: message.ack, address: '10.0.0.100' });
  });

  it('goes to nobody who merely wants it', () => {
    const server = aServer();
    server.bind('', '10.0.0.100', { client: '', state: 'Declined' });
    const wish = server.ask({ mac: other, options: { 50: address('10.0.0.100') } });
    expect(replyOf(wish).address).not.toBe('10.0.0.100');
  });
});
