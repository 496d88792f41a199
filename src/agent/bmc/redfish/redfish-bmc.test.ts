import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { makePassword } from '../../../domain/bmc-password.ts';
import type { IpmiAnswer, IpmiRequest } from '../../../domain/ipmi/message.ts';
import type { RunProgram } from '../../host/programs.ts';
import { createFakeTiming } from '../../testing/fake-timing.ts';
import { hostInterfaceTable, type OverIp } from '../../testing/host-interface.ts';
import { replay } from '../../testing/recorded-files.ts';
import type { LocalBmc } from '../local-bmc.ts';
import { aRedfish, type FakeRedfish } from '../testing/fake-redfish.ts';
import type { ServiceEndpoint } from './link.ts';
import { findRedfishBmc } from './redfish-bmc.ts';

const user = 'metalwright';
const card = '/sys/class/net/enx02000000002a';
const usb = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4';
let commands: string[];
let reached: { endpoint: ServiceEndpoint; expected: string | undefined }[];

beforeEach(() => {
  [commands, reached] = [[], []];
});

/** A machine whose firmware names the interface; its card is known by its MAC address, or by its numbers. */
function machine(table: OverIp | undefined, address = '02:00:00:00:00:2a') {
  const bytes = table === undefined ? [] : [...hostInterfaceTable(table).data, 0, 0];
  return replay({
    texts: { [`${card}/address`]: address, [`${usb}/idVendor`]: '046b', [`${usb}/idProduct`]: 'ffb0' },
    bytes: { '/sys/firmware/dmi/tables/DMI': Buffer.from([...bytes, 127, 4, 1, 0, 0, 0]).toString('base64') },
    lists: { '/sys/class/net': ['eth0', 'enx02000000002a'] },
    links: { [`${card}/device`]: `${usb}/1-4:1.0` },
  });
}

const run: RunProgram = async (program, args) => {
  commands.push([program, ...args].join(' '));
  return { status: 0, stdout: '', stderr: '' };
};

/** The way to the same BMC by IPMI. */
function ipmi(bmc: FakeRedfish, completionCode = 0) {
  return async ({ netFn, command, data }: IpmiRequest): Promise<IpmiAnswer> => {
    expect([netFn, data[0]]).toEqual([0x2c, 0x52]);
    if (command === 1) return { completionCode: 0, data: Uint8Array.of(0x52, 1, ...Buffer.alloc(32, 0xab)) };
    const text = (value: string): Buffer =>
      Buffer.concat([Buffer.from(value), Buffer.alloc(16)]).subarray(0, 16);
    const { username, password } = bmc.bootstrap;
    return { completionCode, data: Uint8Array.of(0x52, ...text(username), ...text(password)) };
  };
}

async function find(
  bmc: FakeRedfish,
  files = machine({}),
  send: ReturnType<typeof ipmi> | undefined = ipmi(bmc),
): Promise<LocalBmc | undefined> {
  return await findRedfishBmc(
    { user, privilege: 'Operator' },
    {
      ...{ files, run, send, timing: createFakeTiming(), signal: new AbortController().signal },
      async connect(endpoint, expected) {
        reached.push({ endpoint, expected });
        return { fingerprint: 'ab'.repeat(32), call: async (asked) => bmc.answer(asked) };
      },
    },
  );
}

/** Sets a password of the best length. */
async function setUp(bmc: FakeRedfish, length = 20): Promise<{ password: string; done: unknown }> {
  const found = await find(bmc);
  const password = makePassword(length, randomBytes);
  return { password, done: await found?.apply({ username: user, password }) };
}

describe('a BMC behind the host interface of Redfish', () => {
  it('is found, with the address at which racks reach it and the certificate that it showed', async () => {
    expect(await find(aRedfish())).toMatchObject({
      ...{ driver: 'redfish', address: '192.0.2.78', passwordLengths: [20, 16] },
      fingerprint: 'ab'.repeat(32),
    });
    expect(reached).toEqual([{ endpoint: { host: '169.254.0.17', port: 443 }, expected: 'ab'.repeat(32) }]);
    expect(commands).toEqual([
      'ip link set enx02000000002a up',
      'ip addr replace 169.254.0.18/16 dev enx02000000002a',
    ]);
  });

  it('is none where the firmware names none', async () => {
    expect(await find(aRedfish(), machine(undefined))).toBeUndefined();
    expect(commands).toEqual([]);
  });

  it.each([
    [
      'chosen beside the service',
      { hostAssignment: 3, host: [0, 0, 0, 0] },
      /replace 169\.254\.0\.18\/16 dev/,
    ],
    [
      'chosen before a service at the end of its subnet',
      { hostAssignment: 4, host: [0, 0, 0, 0], service: [169, 254, 0, 254] },
      /replace 169\.254\.0\.253\/16 dev/,
    ],
    ['asked of the BMC', { hostAssignment: 2, host: [0, 0, 0, 0] }, /MW_ADDRESS_ONLY=1 exec udhcpc/],
  ])('may leave the address of the machine to be %s', async (_sentence, table, command) => {
    await find(aRedfish(), machine(table));
    expect(commands.at(-1)).toMatch(command);
  });

  it('finds its card by the numbers of its model where the MAC address is another', async () => {
    expect(await find(aRedfish(), machine({}, '02:00:00:00:00:99'))).toBeDefined();
  });

  it.each([
    ['makes accounts', {}, `/redfish/v1/AccountService/Accounts/4`],
    ['has slots for them', { makes: false }, `/redfish/v1/AccountService/Accounts/3`],
    [
      'has slots for them, and wants an ETag',
      { makes: false, wantsEtag: true },
      `/redfish/v1/AccountService/Accounts/3`,
    ],
    ['has no sessions', { hasSessions: false }, `/redfish/v1/AccountService/Accounts/4`],
  ])('gets the user where it %s', async (_sentence, differences, path) => {
    const bmc = aRedfish(differences);
    const { password, done } = await setUp(bmc);
    expect(done).toEqual([]);
    expect(bmc.accounts.get(path)).toMatchObject({ name: user, password, role: 'Operator' });
    expect(bmc.accounts.get('/redfish/v1/AccountService/Accounts/2')?.password).toBe('factory');
    expect(bmc.sessions.size).toBe(0);
  });

  it('gives its own user another password, and makes no second one', async () => {
    const bmc = aRedfish();
    await setUp(bmc);
    const { password, done } = await setUp(bmc);
    expect(done).toEqual([]);
    const own = [...bmc.accounts.values()].filter(({ name }) => name === user);
    expect(own.map((account) => account.password)).toEqual([password]);
  });

  it('says so where it wants another password, and has not set it', async () => {
    const bmc = aRedfish({ most: 16 });
    expect((await setUp(bmc)).done).toBe('PasswordRefused');
    expect((await setUp(bmc, 16)).done).toEqual([]);
  });

  it.each([
    ['no slot is left', aRedfish({ makes: false, accounts: new Map() }), 'BmcHasNoRoomForUser'],
    ['it quietly keeps less of the password', aRedfish({ keeps: 12 }), 'BmcRefusedSetup'],
  ])('fails by name when %s, and shows no password', async (_sentence, bmc, code) => {
    const password = makePassword(20, randomBytes);
    const found = await find(bmc);
    const failure = await found?.apply({ username: user, password }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain(password);
  });

  it.each([
    ['it has no address', () => find(aRedfish({ address: '0.0.0.0' })), 'BmcHasNoAddress'],
    [
      'bootstrapping is switched off',
      () => find(aRedfish(), machine({}), ipmi(aRedfish(), 0x80)),
      'BmcRefusedSetup',
    ],
    [
      'it denies the account that it made',
      () => {
        const other = aRedfish({ bootstrap: { username: 'boot-2', password: 'bootstrap-other' } });
        return find(aRedfish(), machine({}), ipmi(other));
      },
      'BmcRefusedSetup',
    ],
    [
      'the firmware does not say where it is',
      () => find(aRedfish(), machine({ service: [0, 0, 0, 0], serviceAssignment: 2 })),
      'BmcNotFound',
    ],
  ])('is not used when %s', async (_sentence, found, code) => {
    await expect(found()).rejects.toMatchObject({ code });
  });
});
