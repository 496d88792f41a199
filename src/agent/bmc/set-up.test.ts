import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sealingContext } from '../../domain/bmc-credentials.ts';
import { openBox, rawPublicKey } from '../../domain/sealed-box.ts';
import type { RunProgram } from '../host/programs.ts';
import { findIpmiBmc } from './ipmi-bmc.ts';
import { readAnswer, sendWithIpmitool } from './ipmitool.ts';
import type { BmcCredentials, BmcOfferAnswer, BmcSetupOrder, BmcStageReport } from './messages.ts';
import { setUpBmc } from './set-up.ts';
import { aBmc, type FakeBmc } from './testing/fake-bmc.ts';

const { privateKey } = generateKeyPairSync('x25519');
const order: BmcSetupOrder = {
  publicKey: rawPublicKey(privateKey),
  ...{ machine: 'm1', machineUid: 'uid', generation: 3, user: 'metalwright' },
  ...{ privilege: 'Operator', cipherSuites: ['17'], bmcKey: true },
};

/** Sets a BMC up with an operator that says what it is told to. */
async function run(
  bmc: FakeBmc,
  answer: (offer: string) => BmcOfferAnswer['state'] | undefined = () => undefined,
) {
  const puts: BmcStageReport[] = [];
  const said: string[] = [];
  const offers: BmcCredentials[] = [];
  const atOffer: (string | undefined)[] = [];
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const message = await setUpBmc(order, 'g3-inventory', {
    find: (wanted) => findIpmiBmc(bmc.send, wanted),
    async put(report) {
      puts.push(report);
      if (report.box === undefined) return;
      atOffer.push(bmc.passwords.get(3));
      const { machine, machineUid, generation } = order;
      const context = sealingContext({
        machine,
        machineUid,
        generation,
        task: 'g3-inventory',
        offer: report.offer,
      });
      offers.push(JSON.parse(Buffer.from(openBox(report.box, privateKey, context)!).toString()));
    },
    async ask(offer) {
      const last = puts.findLast((report) => report.offer === offer)?.stage;
      return { state: answer(offer) ?? (last === 'Applied' ? 'Done' : 'Stored'), message: 'as told' };
    },
    report: (step, words) => said.push(`${step}: ${words}`),
    timing: { now: () => now, sleep, random: () => 0 },
    signal: new AbortController().signal,
  });
  return { message, puts, said, offers, atOffer };
}

describe('setting up a BMC from within its machine', () => {
  it('makes the user as ordered, after the operator has its credentials and not before', async () => {
    const bmc = aBmc();
    const { message, puts, offers, atOffer } = await run(bmc);
    expect(puts.map(({ stage }) => stage)).toEqual(['Offered', 'Applied']);
    expect(atOffer).toEqual([undefined]);
    const [given] = offers;
    expect(given).toMatchObject({ driver: 'ipmi', address: '192.0.2.77', username: 'metalwright' });
    expect(given?.password).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(bmc.names.get(3)).toBe('metalwright');
    expect(bmc.passwords.get(3)).toBe(given?.password);
    expect(bmc.access.get(3)).toEqual({ privilege: 3, enabled: true });
    expect(bmc.levels).toEqual([0, 0, 4]);
    expect(bmc.key).toBe(given?.bmcKey);
    expect(message).toBe('BMC (ipmi) at 192.0.2.77: user metalwright is set up');
  });

  it('gives its own user another password, and leaves all others alone', async () => {
    const bmc = aBmc({
      names: new Map([
        [2, 'admin'],
        [5, 'metalwright'],
      ]),
    });
    const { offers } = await run(bmc);
    expect(bmc.passwords).toEqual(
      new Map([
        [2, 'factory'],
        [5, offers[0]?.password],
      ]),
    );
    expect(bmc.names.size).toBe(2);
  });

  it('offers a shorter password where the BMC quietly keeps 16 bytes', async () => {
    const bmc = aBmc({ keeps: 16 });
    const { offers, puts } = await run(bmc);
    expect(offers.map(({ password }) => password.length)).toEqual([20, 16]);
    expect(new Set(puts.map(({ offer }) => offer)).size).toBe(2);
    expect(bmc.passwords.get(3)).toBe(offers[1]?.password);
  });

  it('says which cipher suites stay open when the BMC refuses to close them', async () => {
    const { message } = await run(aBmc({ refuses: new Map([['c/1', 0xc1]]) }));
    expect(message).toContain('user metalwright is set up');
    expect(message).toContain(
      'refuses to restrict its cipher suites (the BMC does not know the command): 0, 3 stay open',
    );
  });

  it.each([
    [
      'all places for users are taken',
      aBmc({ names: new Map(Array.from({ length: 9 }, (_, at) => [at + 2, `u${at}`])) }),
      'BmcHasNoRoomForUser',
    ],
    ['it has no address', aBmc({ address: [0, 0, 0, 0] }), 'BmcHasNoAddress'],
    ['it takes no password', aBmc({ refuses: new Map([['6/47', 0xcc]]) }), 'BmcRefusedSetup'],
    ['it takes no K_g', aBmc({ refuses: new Map([['6/56', 0xc1]]) }), 'BmcRefusedSetup'],
  ])('fails by name when %s', async (_sentence, bmc, reason) => {
    const { puts, message } = await run(bmc);
    expect(puts.at(-1)).toMatchObject({ stage: 'Failed', reason });
    expect(puts.some(({ stage }) => stage === 'Applied')).toBe(false);
    expect(message).toContain('the BMC was not set up');
  });

  it('changes nothing while the operator has not stored the credentials, nor when it refuses them', async () => {
    for (const state of ['Waiting', 'Refused'] as const) {
      const bmc = aBmc();
      const { puts } = await run(bmc, () => state);
      expect(bmc.passwords.size).toBe(1);
      expect(bmc.names.size).toBe(1);
      const reason = state === 'Waiting' ? 'BmcSetupTimeout' : 'BmcRefusedSetup';
      expect(puts.at(-1)).toMatchObject({ stage: 'Failed', reason });
    }
  });

  it('shows no secret in what it reports', async () => {
    for (const bmc of [aBmc(), aBmc({ keeps: 16 }), aBmc({ refuses: new Map([['6/56', 0xc1]]) })]) {
      const { puts, said, message, offers } = await run(bmc);
      const seen = JSON.stringify([puts, said, message]);
      for (const { password, bmcKey } of offers) {
        expect(seen).not.toContain(password);
        expect(seen).not.toContain(bmcKey);
      }
    }
  });
});

describe('ipmitool', () => {
  it('is given the request on its standard input, none of it on a command line', async () => {
    const calls: { args: readonly string[]; input: string | undefined }[] = [];
    const run: RunProgram = async (program, args, options) => {
      calls.push({ args: [program, ...args], input: options?.input });
      return { status: 0, stdout: ' 01 04\n ff\n', stderr: 'IANA PEN registry open failed\n' };
    };
    const answer = await sendWithIpmitool(run)({
      netFn: 6,
      command: 0x47,
      data: Buffer.from('\x83\x02secret', 'latin1'),
    });
    expect(answer).toEqual({ completionCode: 0, data: Uint8Array.of(1, 4, 0xff) });
    expect(calls[0]?.input).toBe('raw 0x06 0x47 0x83 0x02 0x73 0x65 0x63 0x72 0x65 0x74\n');
    expect(calls[0]?.args.join(' ')).not.toMatch(/0x73|secret/);
  });

  it.each([
    [
      'a completion code',
      {
        status: 1,
        stdout: '',
        stderr:
          'Unable to send RAW command (channel=0x0 netfn=0x6 lun=0x0 cmd=0x56 rsp=0xc1): Invalid command',
      },
      0xc1,
    ],
    ['no data', { status: 0, stdout: '\n', stderr: '' }, 0],
    ['no device', { status: 1, stdout: '', stderr: 'Could not open device at /dev/ipmi0' }, undefined],
    ['something else', { status: 0, stdout: 'hello', stderr: '' }, undefined],
  ])('may say %s', (_sentence, result, code) => {
    expect(readAnswer(result)?.completionCode).toBe(code);
  });
});
