import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRedfishDriver } from '../redfish/driver.ts';
import { type Expected, runUnderFault } from '../testing/fault-run.ts';
import {
  type Misanswer,
  type RedfishSimulator,
  type SeenRequest,
  startRedfishSimulator,
  systemPath,
} from '../testing/redfish-simulator.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };
const timings = { requestMs: 800, getRetriesMs: [1, 1], taskPollMs: 5, taskLongestMs: 200 };

interface Fault {
  name: string;
  make(bmc: RedfishSimulator): void;
  ends: Expected;
  /** Resets that the BMC carried out; a cycle's, unless something else is said. */
  resets?: string[];
  password?: string;
}

const cycle = ['ForceOff', 'On'];
const isLook = ({ method, path }: SeenRequest): boolean => method === 'GET' && path === systemPath;
const isReset = ({ path }: SeenRequest): boolean => path.endsWith('ComputerSystem.Reset');
const isPatch = ({ method }: SeenRequest): boolean => method === 'PATCH';
const isLogin = ({ method, path }: SeenRequest): boolean => method === 'POST' && path.endsWith('Sessions');
const saying = (status: number, id: string): Misanswer => ({
  status,
  body: { error: { '@Message.ExtendedInfo': [{ MessageId: id, Message: 'not now' }] } },
});

/** Misanswers to the first `times` of some requests. */
function first(times: number, which: (request: SeenRequest) => boolean, wrong: Misanswer) {
  return (bmc: RedfishSimulator): void => {
    let left = times;
    bmc.faults.misanswer = (request) => (which(request) && left-- > 0 ? wrong : undefined);
  };
}

/** Each reset takes effect, but its answer is lost in this way. */
function afterEffect(wrong: Misanswer) {
  return (bmc: RedfishSimulator): void => {
    bmc.faults.misanswer = (request) => {
      if (!isReset(request)) return undefined;
      const type = JSON.stringify(request.body).includes('ForceOff') ? 'ForceOff' : 'On';
      bmc.resets.push(type);
      bmc.power = type === 'ForceOff' ? 'Off' : 'On';
      return wrong;
    };
  };
}

/** What the BMC says of the power is `looks` looks late. */
function late(looks: number) {
  return (bmc: RedfishSimulator): void => {
    const history: string[] = [];
    bmc.faults.system = {
      get PowerState() {
        history.push(bmc.power);
        return history[Math.max(0, history.length - 1 - looks)];
      },
    };
  };
}

const faults: Fault[] = [
  { name: 'answers 503 for a while', make: first(6, isLook, { status: 503 }), ends: 'Succeeded' },
  { name: 'answers 500 for a while', make: first(6, isLook, { status: 500 }), ends: 'Succeeded' },
  {
    name: 'answers 404 for a while, starting anew',
    make: first(2, isLook, { status: 404 }),
    ends: 'Succeeded',
  },
  { name: 'cuts connections for a while', make: first(6, isLook, 'reset'), ends: 'Succeeded' },
  { name: 'answers a look with garbage', make: first(2, isLook, 'garbage'), ends: 'Succeeded' },
  { name: 'lets a look hang', make: first(1, isLook, 'hang'), ends: 'Succeeded' },
  { name: 'dribbles one byte of a look', make: first(1, isLook, 'dribble'), ends: 'Succeeded' },
  { name: 'dribbles for ever', make: first(999, () => true, 'dribble'), ends: 'BmcUnreachable', resets: [] },
  {
    name: 'talks garbage for ever',
    make: first(999, isLook, 'garbage'),
    ends: 'BmcProtocolError',
    resets: [],
  },
  {
    name: 'answers a reset with 409, the machine being between two states',
    make: first(2, isReset, saying(409, 'IDRAC.2.8.ActionParameterValueConflict')),
    ends: 'Succeeded',
  },
  {
    name: 'answers a reset with 400, the machine being between two states',
    make: first(2, isReset, saying(400, 'iLO.2.14.InvalidOperationForSystemState')),
    ends: 'Succeeded',
  },
  { name: 'answers a reset with 503 at first', make: first(1, isReset, { status: 503 }), ends: 'Succeeded' },
  { name: 'carries a reset out and cuts the connection', make: afterEffect('reset'), ends: 'Succeeded' },
  { name: 'carries a reset out and never says so', make: afterEffect('hang'), ends: 'Succeeded' },
  { name: 'carries a reset out and says 500', make: afterEffect({ status: 500 }), ends: 'Succeeded' },
  { name: 'carries a reset out and says 503', make: afterEffect({ status: 503 }), ends: 'Succeeded' },
  { name: 'carries a reset out and answers garbage', make: afterEffect('garbage'), ends: 'Succeeded' },
  { name: 'shows the power state late', make: late(5), ends: 'Succeeded' },
  {
    name: 'shows the machine on, whatever it did',
    make: (bmc) => {
      bmc.faults.system = { PowerState: 'On' };
    },
    ends: 'PowerStateTimeout',
    resets: ['ForceOff'],
  },
  {
    name: 'shows a power state of another type',
    make: (bmc) => {
      bmc.faults.system = { PowerState: 7 };
    },
    ends: 'PowerStateTimeout',
    resets: ['ForceOff'],
  },
  {
    name: 'lists a system that it never shows',
    make: first(999, isLook, { status: 404 }),
    ends: 'BmcSystemNotFound',
    resets: [],
  },
  {
    name: 'may not be reset by this user',
    make: first(999, isReset, { status: 403 }),
    ends: 'BmcPrivilegeTooLow',
    resets: [],
  },
  {
    name: 'knows no reset',
    make: first(999, isReset, { status: 404 }),
    ends: 'BmcUnsupported',
    resets: [],
  },
  ...(['empty', 'strong', 'wants strong', 'wants none'] as const).map(
    (etags): Fault => ({
      name: `has ETags of its own kind: ${etags}`,
      make: (bmc) => {
        bmc.faults.etags = etags;
      },
      ends: 'Succeeded',
    }),
  ),
  {
    name: 'is changed by somebody else between a look and a change',
    make: (bmc) => {
      bmc.faults.etags = 'strong';
      first(1, isPatch, { status: 412 })(bmc);
    },
    ends: 'Succeeded',
  },
  {
    name: 'refuses every change with 412',
    make: first(999, isPatch, { status: 412 }),
    ends: 'BmcProtocolError',
    resets: ['ForceOff'],
  },
  {
    name: 'refuses what it calls its settings resource',
    make: (bmc) => {
      bmc.faults.settings = 'refuses';
    },
    ends: 'Succeeded',
  },
  {
    name: 'has a full session table, for a while',
    make: (bmc) => {
      let refusals = 4;
      bmc.faults.misanswer = (request) =>
        isLogin(request) && refusals-- > 0 ? saying(503, 'Base.1.8.SessionLimitExceeded') : undefined;
    },
    ends: 'Succeeded',
  },
  {
    name: 'has a full session table for ever',
    make: (bmc) => {
      bmc.faults.maxSessions = 0;
    },
    ends: 'BmcBusy',
    resets: [],
  },
  {
    name: 'forgets its sessions',
    make: (bmc) => {
      let looks = 0;
      bmc.faults.misanswer = (request) => {
        if (isLook(request) && ++looks % 3 === 0) bmc.sessions.clear();
        return undefined;
      };
    },
    ends: 'Succeeded',
  },
  {
    name: 'knows the user by another password',
    make: () => {},
    ends: 'BmcAuthenticationFailed',
    resets: [],
    password: 'not-the-one',
  },
  {
    name: 'answers 400 to a login',
    make: first(999, isLogin, { status: 400 }),
    ends: 'BmcAuthenticationFailed',
    resets: [],
  },
  {
    name: 'gives a task for a reset, which fails',
    make: (bmc) => {
      bmc.faults.task = { looks: 1, state: 'Exception' };
    },
    ends: 'BmcProtocolError',
    resets: ['ForceOff'],
  },
  {
    name: 'gives a task for a reset, which takes a while',
    make: (bmc) => {
      bmc.faults.task = { looks: 3, state: 'Completed' };
    },
    ends: 'Succeeded',
  },
  {
    name: 'wants compression',
    make: (bmc) => {
      bmc.faults.refusesIdentity = true;
    },
    ends: 'Succeeded',
  },
];

describe('a Redfish BMC that', () => {
  it.concurrent.each(faults)('$name: $ends', async ({ make, ends, resets = cycle, password }) => {
    const bmc = await startRedfishSimulator(user);
    try {
      bmc.power = 'On';
      make(bmc);
      const { address } = bmc;
      const target = { address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} } as const;
      const secret = password ?? user.password;
      const run = await runUnderFault(
        (log) => createRedfishDriver({ ...target, password: secret }, { log, timings }),
        { action: 'Cycle', boot: 'Network' },
        ends,
      );
      expect({ ended: run.ended, message: run.outcome.message }).toMatchObject({ ended: ends });
      // Never a doubled reset, and nothing after a failure.
      expect(bmc.resets).toEqual(resets);
      if (ends === 'Succeeded')
        expect(bmc).toMatchObject({ power: 'On', boot: { BootSourceOverrideTarget: 'Pxe' } });
      // Never the password in every request, where there are sessions.
      expect(bmc.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
      expect(bmc.sessions.size).toBe(0);
      for (const line of [run.outcome.message, ...run.lines]) expect(line).not.toContain(secret);
    } finally {
      await bmc.close();
    }
  });
});
