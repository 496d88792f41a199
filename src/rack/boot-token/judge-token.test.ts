import { describe, expect, it } from 'vitest';
import { judgeToken } from './judge-token.ts';
import type { TokenRecord } from './schema.ts';

const mac = '52:54:00:00:00:01';
const record: TokenRecord = {
  ...{ hash: 'a'.repeat(64), machine: 'node-1', machineUid: 'uid', generation: 4 },
  ...{ mac, address: '10.0.0.10', issuedAt: 0, expiresAt: 1000 },
};
const presenter = { macAddresses: [mac, '52:54:00:00:00:02'], systemUuid: 'A-1', addressConfirmed: true };
const machine = { uid: 'uid', macAddresses: [mac], systemUuid: 'a-1', generation: 4 };

describe('judgeToken', () => {
  it('lets the machine in that it was made for', () => {
    expect(judgeToken(record, presenter, machine, false, 999)).toBeUndefined();
  });

  it.each([
    ['Unknown', undefined, {}, machine, false, 0],
    ['Used', { usedAt: 1 }, {}, machine, false, 2],
    ['Used', { usedAt: 1 }, { macAddresses: [] }, undefined, true, 9999],
    ['MachineGone', {}, {}, undefined, false, 0],
    ['MachineGone', {}, {}, { ...machine, uid: 'made anew' }, false, 0],
    ['WrongMachine', {}, { macAddresses: ['52:54:00:00:00:02'] }, machine, false, 0],
    ['WrongMachine', {}, { systemUuid: 'b-2' }, machine, false, 0],
    ['WrongMachine', {}, {}, { ...machine, macAddresses: ['52:54:00:00:00:02'] }, false, 0],
    ['WrongAddress', {}, { addressConfirmed: false }, machine, false, 0],
    ['GenerationOver', {}, {}, { ...machine, generation: 5 }, false, 0],
    ['GenerationOver', {}, {}, { ...machine, generation: undefined }, false, 0],
    ['Expired', {}, {}, machine, false, 1000],
    ['SessionExists', {}, {}, machine, true, 0],
  ] as const)('says %s', (refusal, token, who, what, exists, now) => {
    const found = token === undefined ? undefined : { ...record, ...token };
    expect(judgeToken(found, { ...presenter, ...who }, what, exists, now)).toBe(refusal);
  });

  it('asks for no UUID that is not known', () => {
    expect(judgeToken(record, { ...presenter, systemUuid: undefined }, machine, false, 0)).toBeUndefined();
    expect(judgeToken(record, presenter, { ...machine, systemUuid: undefined }, false, 0)).toBeUndefined();
  });
});
