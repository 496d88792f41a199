import { randomBytes } from 'node:crypto';
import { startIpmiSimulator } from '../../src/rack/power/testing/ipmi-simulator.ts';
import { startRedfishSimulator } from '../../src/rack/power/testing/redfish-simulator.ts';
import { selfSigned } from '../../src/rack/power/testing/self-signed.ts';

/*
 * A room of simulated BMCs as one program, on loopback: half of them IPMI, half Redfish over TLS; some are broken, each kind in
 * turn. Arguments: how many, how many of them are broken. Sends the room to its parent, and what it saw when it is asked.
 */

/** One BMC as the rack is told of it. */
export interface RoomBmc {
  driver: 'ipmi' | 'redfish';
  address: string;
  password: string;
  /** What is wrong with it. */
  fault: string | undefined;
}

/** What goes to the parent: the room at the start, then an answer to each `look`. */
export type RoomMessage =
  | { kind: 'room'; username: string; bmcs: RoomBmc[] }
  /** The most sessions that any sound BMC has had at a time since the last look. */
  | { kind: 'seen'; mostSessions: number };

const username = 'metalwright';
const [count = 0, broken = 0] = process.argv.slice(2).map(Number);
let mostSessions = 0;
const note = (sessions: number): void => {
  mostSessions = Math.max(mostSessions, sessions);
};

const ipmiFaults = ['silent', 'garbage', 'no sessions', 'wrong password', 'wrong cipher'] as const;
const redfishFaults = ['hangs', 'resets', 'garbage', 'dribbles', 'wrong password', 'error 500'] as const;

async function ipmi(fault: string | undefined): Promise<RoomBmc> {
  const password = randomBytes(10).toString('hex');
  const bmc = await startIpmiSimulator({ [username]: fault === 'wrong password' ? 'another' : password });
  bmc.faults.completion = () => {
    if (fault === undefined) note(bmc.openSessions());
    return 0;
  };
  if (fault === 'silent') bmc.faults.answer = () => [];
  if (fault === 'garbage') bmc.faults.answer = (_name, packet) => [randomBytes(packet.length)];
  if (fault === 'no sessions') bmc.faults.maxSessions = 0;
  if (fault === 'wrong cipher') bmc.faults.suites = [];
  return { driver: 'ipmi', address: `127.0.0.1:${bmc.port}`, password, fault };
}

const certificate = selfSigned();

async function redfish(fault: string | undefined): Promise<RoomBmc> {
  const password = randomBytes(10).toString('hex');
  const user = { username, password: fault === 'wrong password' ? 'another' : password };
  const bmc = await startRedfishSimulator(user, certificate);
  bmc.faults.misanswer = () => {
    if (fault === undefined) note(bmc.sessions.size);
    if (fault === 'hangs') return 'hang';
    if (fault === 'resets') return 'reset';
    if (fault === 'garbage') return 'garbage';
    if (fault === 'dribbles') return 'dribble';
    return fault === 'error 500' ? { status: 500 } : undefined;
  };
  return { driver: 'redfish', address: bmc.address, password, fault };
}

const every = Math.floor(count / Math.max(1, broken));
const bmcs = await Promise.all(
  Array.from({ length: count }, (_, index) => {
    const nth = Math.floor(index / every);
    const isBroken = broken > 0 && index % every === 0 && nth < broken;
    // Whole and broken ones of both kinds: an even distance between the broken ones must not make them all of one kind.
    const isIpmi = (isBroken ? nth : index) % 2 === 0;
    const faults = isIpmi ? ipmiFaults : redfishFaults;
    const fault = isBroken ? faults[Math.floor(nth / 2) % faults.length] : undefined;
    return isIpmi ? ipmi(fault) : redfish(fault);
  }),
);

const tell = (message: RoomMessage): void => void process.send?.(message);
tell({ kind: 'room', username, bmcs });
process.on('message', () => {
  tell({ kind: 'seen', mostSessions });
  mostSessions = 0;
});
process.once('disconnect', () => process.exit());
