import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine, anAddress, aSubnet } from '../../../test/fixtures/objects.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { formatIp, parseIp } from '../../domain/net/address.ts';
import { cidrContains, parseCidr } from '../../domain/net/cidr.ts';
import { candidates, decideIpAddress, objectNameOf } from './decide.ts';
import { type AssignmentDecision, decideAssignment } from './decide-assignment.ts';

const mac = '52:54:00:00:00:01';
const at = '2026-01-01T00:00:00Z';
const later = { creationTimestamp: '2026-02-01T00:00:00Z' };
const subnet = aSubnet({
  spec: {
    gateway: '10.0.0.1',
    ranges: {
      dynamic: [{ start: '10.0.0.100', end: '10.0.0.199' }],
      reserved: [{ start: '10.0.0.2', end: '10.0.0.9' }],
    },
  },
});

describe('what holds of a reserved address', () => {
  const own = (address: string): IpAddressObject => anAddress(address, { spec: { mac, machine: 'm1' } });
  const kept = (address: string): IpAddressObject => anAddress(address, { spec: { purpose: 'Reserved' } });
  it.each<[string, IpAddressObject, Parameters<typeof decideIpAddress>[1], 'Ready' | 'Stalled', string]>([
    ['it is in order', own('10.0.0.20'), { subnet, sameMac: [], rack: undefined }, 'Ready', 'Reserved'],
    [
      'its subnet is missing',
      own('10.0.0.20'),
      { subnet: undefined, sameMac: [], rack: undefined },
      'Stalled',
      'SubnetNotFound',
    ],
    [
      'it lies outside',
      own('10.0.1.20'),
      { subnet, sameMac: [], rack: undefined },
      'Stalled',
      'OutsideSubnet',
    ],
    [
      'it is the broadcast address',
      own('10.0.0.255'),
      { subnet, sameMac: [], rack: undefined },
      'Stalled',
      'NotAHost',
    ],
    ['it is the gateway', own('10.0.0.1'), { subnet, sameMac: [], rack: undefined }, 'Stalled', 'IsGateway'],
    [
      'it lies in a dynamic range, which racks leave it out of',
      own('10.0.0.150'),
      { subnet, sameMac: [], rack: undefined },
      'Ready',
      'Reserved',
    ],
    ['a rack has it', own('10.0.0.20'), { subnet, sameMac: [], rack: 'rack-1' }, 'Stalled', 'UsedByRack'],
    [
      'its client has another',
      own('10.0.0.20'),
      { subnet, sameMac: ['10.0.0.19'], rack: undefined },
      'Stalled',
      'DuplicateMac',
    ],
    [
      'the gateway may be reserved for nobody',
      kept('10.0.0.1'),
      { subnet, sameMac: [], rack: undefined },
      'Ready',
      'Reserved',
    ],
    [
      "a rack's may be reserved for nobody",
      kept('10.0.0.20'),
      { subnet, sameMac: [], rack: 'rack-1' },
      'Ready',
      'Reserved',
    ],
    [
      'nothing outside may be reserved',
      kept('10.0.1.1'),
      { subnet, sameMac: [], rack: undefined },
      'Stalled',
      'OutsideSubnet',
    ],
  ])('%s', (_sentence, address, seen, state, reason) => {
    const updates = decideIpAddress(address, seen);
    expect(updates.find(({ status }) => status === 'True')).toMatchObject({ type: state, reason });
  });
});

describe('the addresses that a machine may be given', () => {
  it('are the lowest that nothing speaks against', () => {
    expect([...candidates(subnet, ['10.0.0.10', '10.0.0.12'])].slice(0, 3)).toEqual([
      '10.0.0.11',
      '10.0.0.13',
      '10.0.0.14',
    ]);
  });

  it('are none where everything is taken', () => {
    const full = aSubnet({ spec: { cidr: '10.0.0.0/30', gateway: '10.0.0.1' } });
    expect([...candidates(full, ['10.0.0.2'])]).toEqual([]);
  });

  it('cost no more in a /64 than in a /24', () => {
    const six = aSubnet({ spec: { cidr: 'fd00::/64' } });
    expect(candidates(six, ['fd00::1']).next().value).toBe('fd00::2');
  });

  it('are within the subnet, free, in no range, and in order, whatever is taken', () => {
    const host = fc.integer({ min: 0, max: 255 }).map((last) => `10.0.0.${last}`);
    const range = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => ({
      start: `10.0.0.${Math.min(a, b)}`,
      end: `10.0.0.${Math.max(a, b)}`,
    }));
    const last = (address: string): number => Number(address.split('.')[3]);
    fc.assert(
      fc.property(
        fc.array(host),
        fc.array(range, { maxLength: 3 }),
        fc.option(host),
        (taken, dynamic, gateway) => {
          const spec = { ranges: { dynamic, reserved: [] }, ...(gateway === null ? {} : { gateway }) };
          const found = [...candidates(aSubnet({ spec }), taken)];
          const expected = Array.from({ length: 254 }, (_, index) => `10.0.0.${index + 1}`).filter(
            (address) =>
              !taken.includes(address) &&
              address !== gateway &&
              !dynamic.some(({ start, end }) => last(start) <= last(address) && last(address) <= last(end)),
          );
          expect(found).toEqual(expected);
        },
      ),
    );
  });
});

describe("the name of an address's object", () => {
  it.each([
    ['10.0.0.9', '10.0.0.9'],
    ['fd00::9', 'fd00-0000-0000-0000-0000-0000-0000-0009'],
    ['::', '0000-0000-0000-0000-0000-0000-0000-0000'],
  ])('of %s is %s', (address, name) => {
    expect(objectNameOf(address)).toBe(name);
  });

  it('is another for every address', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        const address = formatIp({ family: 6, value });
        expect(parseIp(objectNameOf(address).replaceAll('-', ':')).value).toBe(value);
        expect(cidrContains(parseCidr('::/0'), parseIp(address))).toBe(true);
      }),
    );
  });
});

describe("what is to be done about a machine's addresses", () => {
  const seen = (part: Partial<NonNullable<Machine['status']>['bootProgress']> = {}, metadata = {}): Machine =>
    aMachine({
      name: 'm1',
      metadata,
      spec: { macAddresses: [mac] },
      status: {
        bootProgress: { generation: 1, stage: 'Dhcp', at, rack: 'r', mac, subnet: 'subnet-1', ...part },
      },
    });
  const auto = (address: string, metadata = {}): IpAddressObject =>
    anAddress(address, { metadata, spec: { purpose: 'Auto', machine: 'm1', mac } });
  const given = (address: string, metadata = {}): IpAddressObject =>
    anAddress(address, { metadata, spec: { purpose: 'Static', machine: 'm1', mac } });
  const nothing: AssignmentDecision = { kind: 'nothing' };
  const assign: AssignmentDecision = { kind: 'assign', mac, subnet: 'subnet-1' };
  const remove = (...addresses: IpAddressObject[]): AssignmentDecision => ({ kind: 'remove', addresses });
  const first = auto('10.0.0.10');
  const second = auto('10.0.0.11', later);

  it.each<[string, Machine | undefined, IpAddressObject[], AssignmentDecision]>([
    ['one that was seen gets an address', seen(), [], assign],
    ['one that was never seen gets none', aMachine({ name: 'm1' }), [], nothing],
    ['one keeps what it has', seen(), [first], nothing],
    ['one keeps what a person gave', seen(), [given('10.0.0.20')], nothing],
    [
      'one that was seen elsewhere gets one there, too',
      seen(),
      [anAddress('10.9.0.1', { spec: { subnet: 'other', purpose: 'Auto', machine: 'm1', mac } })],
      assign,
    ],
    [
      'an interface that its Machine does not name gets none',
      seen({ mac: '52:54:00:00:00:99' }),
      [],
      nothing,
    ],
    ['a subnet that is not managed gives none', seen({ subnet: 'unmanaged' }), [], nothing],
    ['a subnet that is gone gives none', seen({ subnet: 'gone' }), [], nothing],
    ['one that is leaving gets none', seen({}, { deletionTimestamp: at }), [], nothing],
    [
      'one that is leaving keeps what it has until it is gone',
      seen({}, { deletionTimestamp: at }),
      [first],
      nothing,
    ],
    ['what was chosen for one that is gone goes', undefined, [first], remove(first)],
    ['what a person gave to one that is gone stays', undefined, [given('10.0.0.20')], nothing],
    ['of two that were chosen the younger goes', seen(), [second, first], remove(second)],
    ['what was chosen goes, where a person was first', seen(), [given('10.0.0.20'), second], remove(second)],
    [
      'what a person gives later does not take an address away',
      seen(),
      [first, given('10.0.0.20', later)],
      nothing,
    ],
  ])('%s', (_sentence, machine, owned, expected) => {
    const subnets = new Map([
      ['subnet-1', subnet],
      ['unmanaged', aSubnet({ name: 'unmanaged', spec: { managed: false } })],
    ]);
    expect(decideAssignment(machine, owned, (name) => subnets.get(name))).toEqual(expected);
  });

  it('leaves one address for each subnet and never none, however many there are', () => {
    const addresses = fc.uniqueArray(
      fc.record({
        host: fc.integer({ min: 1, max: 50 }),
        on: fc.constantFrom('subnet-1', 'other'),
        isAuto: fc.boolean(),
        isLate: fc.boolean(),
      }),
      { selector: ({ host }) => host, minLength: 1 },
    );
    fc.assert(
      fc.property(addresses, (list) => {
        const owned = list.map(({ host, on, isAuto, isLate }) =>
          anAddress(`10.0.0.${host}`, {
            metadata: isLate ? later : {},
            spec: { purpose: isAuto ? 'Auto' : 'Static', machine: 'm1', mac, subnet: on },
          }),
        );
        const decision = decideAssignment(seen(), owned, () => subnet);
        const removed = decision.kind === 'remove' ? decision.addresses : [];
        for (const on of ['subnet-1', 'other']) {
          const before = owned.filter(({ spec }) => spec.subnet === on);
          const after = before.filter((address) => !removed.includes(address));
          expect(after.length > 0).toBe(before.length > 0);
          expect(after.filter(({ spec }) => spec.purpose === 'Auto').length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
