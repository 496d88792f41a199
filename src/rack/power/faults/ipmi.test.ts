import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PowerTarget } from '../driver.ts';
import { createIpmiDriver } from '../ipmi/driver.ts';
import { type Expected, runUnderFault } from '../testing/fault-run.ts';
import { type IpmiSimulator, startIpmiSimulator } from '../testing/ipmi-simulator.ts';

const username = 'rack';
const password = randomBytes(8).toString('hex');
const key = new Uint8Array(randomBytes(20));
const retransmits = [100, 200, 400, 800];

interface Fault {
  name: string;
  make(bmc: IpmiSimulator): void;
  ends: Expected;
  /** Power commands that were carried out; a cycle's, unless something else is said. */
  commands?: string[];
  target?: Partial<PowerTarget>;
  /** How often the BMC was asked for a session at most: a refusal is taken at its word. */
  sessionsAtMost?: number;
}

const [down, up] = ['0/2 00', '0/2 01'];
const control = 0x02;
const [status, privilege, bootOptions] = [0x01, 0x3b, 0x08];
const strict = { parameters: { cipherSuite: '17' } };

/** Completion codes for the first `times` of a command. */
function completing(command: number, times: number, code: number) {
  return (bmc: IpmiSimulator): void => {
    let left = times;
    bmc.faults.completion = (request) => (request.command === command && left-- > 0 ? code : 0);
  };
}

/** What becomes of the answers inside a session. */
function answering(change: (packet: Uint8Array, nth: number, name: string) => Uint8Array[]) {
  return (bmc: IpmiSimulator): void => {
    bmc.faults.answer = (name, packet, nth) => (name.includes('/') ? change(packet, nth, name) : [packet]);
  };
}

function flipped(packet: Uint8Array, fromEnd: number): Uint8Array {
  return Uint8Array.from(packet, (byte, at) => (at === packet.length - fromEnd ? byte ^ 0xff : byte));
}

/** Every answer comes after all the answers before it, once more. */
function replaying() {
  const past: Uint8Array[] = [];
  return answering((packet) => {
    past.push(packet);
    return [...past.slice(0, -1), packet];
  });
}

const faults: Fault[] = [
  {
    name: 'loses two of three answers',
    make: answering((packet, nth) => (nth % 3 === 0 ? [packet] : [])),
    ends: 'Succeeded',
  },
  {
    name: 'loses the first answer to each power command, which it has carried out',
    make: answering((packet, nth, name) => (name === '0/2' && nth === 1 ? [] : [packet])),
    ends: 'Succeeded',
  },
  { name: 'answers twice', make: answering((packet) => [packet, packet]), ends: 'Succeeded' },
  {
    name: 'answers late, after the repeated question',
    make: answering((packet, nth) => (nth === 1 ? [] : [packet, packet])),
    ends: 'Succeeded',
  },
  { name: 'replays all that it ever said', make: replaying(), ends: 'Succeeded' },
  {
    name: 'sends answers cut short before the whole ones',
    make: answering((packet) => [packet.subarray(0, 9), packet]),
    ends: 'Succeeded',
  },
  {
    name: 'sends answers whose integrity is broken before the true ones',
    make: answering((packet) => [flipped(packet, 1), packet]),
    ends: 'Succeeded',
  },
  {
    name: 'sends garbage before each answer',
    make: answering((packet) => [new Uint8Array(randomBytes(40)), packet]),
    ends: 'Succeeded',
  },
  {
    name: 'sends nothing but garbage',
    make: (bmc) => {
      bmc.faults.answer = () => [Uint8Array.of(6, 0, 255, 7, 99, 99)];
    },
    ends: 'BmcProtocolError',
    commands: [],
  },
  {
    name: 'sends nothing',
    make: (bmc) => {
      bmc.faults.answer = () => [];
    },
    ends: 'BmcUnreachable',
    commands: [],
  },
  { name: 'is silent inside the session', make: answering(() => []), ends: 'BmcUnreachable', commands: [] },
  { name: 'is busy for a while (0xc0)', make: completing(control, 2, 0xc0), ends: 'Succeeded' },
  { name: 'times out for a while (0xc3)', make: completing(status, 3, 0xc3), ends: 'Succeeded' },
  { name: 'is out of space for a while (0xc4)', make: completing(control, 2, 0xc4), ends: 'Succeeded' },
  { name: 'initialises for a while (0xd2)', make: completing(status, 3, 0xd2), ends: 'Succeeded' },
  {
    name: 'is not in the right state for a while (0xd5)',
    make: completing(control, 1, 0xd5),
    ends: 'Succeeded',
  },
  { name: 'is busy for ever', make: completing(control, 999, 0xc0), ends: 'BmcBusy', commands: [] },
  {
    name: 'knows no power command (0xc1)',
    make: completing(control, 999, 0xc1),
    ends: 'BmcUnsupported',
    commands: [],
  },
  {
    name: 'lets this user not power (0xd4)',
    make: completing(control, 999, 0xd4),
    ends: 'BmcPrivilegeTooLow',
    commands: [],
  },
  {
    name: 'refuses the boot flags',
    make: completing(bootOptions, 999, 0xcc),
    ends: 'BmcProtocolError',
    commands: [down],
  },
  {
    name: 'obeys late',
    make: (bmc) => {
      bmc.faults.looksUntilOn = 5;
    },
    ends: 'Succeeded',
  },
  {
    name: 'has a full session table for a while',
    make: (bmc) => {
      bmc.faults.maxSessions = 0;
      let asked = 0;
      bmc.faults.answer = (name, packet) => {
        if (name === 'open session' && ++asked === 3) bmc.faults.maxSessions = 4;
        return [packet];
      };
    },
    ends: 'Succeeded',
  },
  {
    name: 'has a full session table for ever',
    make: (bmc) => {
      bmc.faults.maxSessions = 0;
    },
    ends: 'BmcBusy',
    commands: [],
  },
  {
    name: 'knows the user by another password',
    make: () => {},
    ends: 'BmcAuthenticationFailed',
    commands: [],
    target: { password: 'not-the-one' },
    sessionsAtMost: 1,
  },
  {
    name: 'knows no such user',
    make: () => {},
    ends: 'BmcAuthenticationFailed',
    commands: [],
    target: { username: 'nobody' },
    sessionsAtMost: 1,
  },
  {
    name: 'falls silent at an unknown user',
    make: (bmc) => {
      bmc.faults.silentAboutUsers = true;
    },
    ends: 'BmcAuthenticationFailed',
    commands: [],
    target: { username: 'nobody' },
  },
  {
    name: 'has another key (K_g)',
    make: (bmc) => {
      bmc.faults.bmcKey = key;
    },
    ends: 'BmcKeyRefused',
    commands: [],
    target: { bmcKey: new Uint8Array(randomBytes(20)) },
    sessionsAtMost: 1,
  },
  {
    name: 'has a key (K_g) that we were not given',
    make: (bmc) => {
      bmc.faults.bmcKey = key;
    },
    ends: 'BmcKeyRefused',
    commands: [],
    sessionsAtMost: 1,
  },
  {
    name: 'has no key (K_g), but we were given one',
    make: () => {},
    ends: 'BmcKeyRefused',
    commands: [],
    target: { bmcKey: key },
    sessionsAtMost: 1,
  },
  {
    name: 'has cipher suite 3 alone',
    make: (bmc) => {
      bmc.faults.suites = ['3'];
    },
    ends: 'Succeeded',
  },
  {
    name: 'has cipher suite 3 alone, when 17 is demanded',
    make: (bmc) => {
      bmc.faults.suites = ['3'];
    },
    ends: 'BmcCipherRefused',
    commands: [],
    target: strict,
    sessionsAtMost: 1,
  },
  {
    name: 'answers with suite 3 when 17 is demanded',
    make: (bmc) => {
      bmc.faults.imposedSuite = '3';
    },
    ends: 'BmcCipherRefused',
    commands: [],
    target: strict,
    sessionsAtMost: 1,
  },
  {
    name: 'has none of the suites',
    make: (bmc) => {
      bmc.faults.suites = [];
    },
    ends: 'BmcCipherRefused',
    commands: [],
    sessionsAtMost: 2,
  },
  {
    name: 'has only IPMI 1.5',
    make: (bmc) => {
      bmc.faults.ipmi15Only = true;
    },
    ends: 'BmcUnsupported',
    commands: [],
    sessionsAtMost: 0,
  },
  {
    name: 'gives the user no operator rights',
    make: (bmc) => {
      bmc.faults.maxPrivilege = 2;
    },
    ends: 'BmcPrivilegeTooLow',
    commands: [],
    sessionsAtMost: 1,
  },
  {
    name: 'refuses the privilege level once the session is open',
    make: completing(privilege, 999, 0x81),
    ends: 'BmcPrivilegeTooLow',
    commands: [],
    sessionsAtMost: 1,
  },
];

describe('an IPMI BMC that', () => {
  it.concurrent.each(faults)(
    '$name: $ends',
    async ({ make, ends, commands = [down, up], target = {}, sessionsAtMost = 99 }) => {
      const bmc = await startIpmiSimulator({ [username]: password });
      try {
        bmc.setPower('On');
        make(bmc);
        const address = `127.0.0.1:${bmc.port}`;
        const all = {
          address,
          username,
          password,
          bootMode: 'UEFI',
          parameters: {},
          secret: {},
          ...target,
        } as const;
        const run = await runUnderFault(
          (log) => createIpmiDriver(all, { log, retransmits, handshakeRetransmits: retransmits }),
          { action: 'Cycle', boot: 'Network' },
          ends,
        );
        expect({ ended: run.ended, message: run.outcome.message }).toMatchObject({ ended: ends });
        // Never a doubled power command, and none after a failure.
        expect(bmc.commands.filter((command) => command.startsWith('0/2'))).toEqual(commands);
        if (ends === 'Succeeded') expect(bmc.power()).toBe('On');
        // A refusal is no reason to try with less: a key that is dropped, a weaker suite, another user.
        const asked = bmc.received.filter((name) => name === 'open session').length;
        expect(asked).toBeLessThanOrEqual(sessionsAtMost);
        for (const line of [run.outcome.message, ...run.lines]) expect(line).not.toContain(all.password);
      } finally {
        await bmc.close();
      }
    },
  );
});
