import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDliDriver } from '../dli/driver.ts';
import { type DigestGuard, digestGuard } from '../testing/digest-guard.ts';
import { type Expected, runUnderFault } from '../testing/fault-run.ts';
import { type ServiceAnswer, type ServiceRequest, startHttpService } from '../testing/http-service.ts';
import { type VimSimulator, vimSimulator } from '../testing/vim-simulator.ts';
import { createVmwareDriver } from '../vmware/driver.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };

interface VimFault {
  name: string;
  /** May answer instead of vCenter. */
  make(vcenter: VimSimulator): ((request: ServiceRequest) => ServiceAnswer | undefined) | undefined;
  ends: Expected;
  commands?: string[];
  password?: string;
}

const cycle = ['PowerOffVM_Task', 'PowerOnVM_Task'];

/** Answers the first requests whose body names a method in this way. */
function first(times: number, method: string, answer: ServiceAnswer) {
  let left = times;
  return ({ body }: ServiceRequest): ServiceAnswer | undefined =>
    body.includes(`<${method} `) && left-- > 0 ? answer : undefined;
}

const vimFaults: VimFault[] = [
  {
    name: 'forgets its sessions with every power command',
    make: (vcenter) => (request) => {
      if (/Power(On|Off)VM_Task/.test(request.body) && vcenter.calls.at(-1) !== 'Login')
        vcenter.sessions.clear();
      return undefined;
    },
    ends: 'Succeeded',
    // Each is refused once, and given again after the login.
    commands: ['PowerOffVM_Task', 'PowerOffVM_Task', 'PowerOnVM_Task', 'PowerOnVM_Task'],
  },
  {
    name: 'answers 503 for a while',
    make: () => first(3, 'RetrievePropertiesEx', { status: 503 }),
    ends: 'Succeeded',
  },
  {
    name: 'ends a task with busy for ever',
    make: (vcenter) => {
      vcenter.faults.set('PowerOffVM_Task', 'TaskInProgress');
      return undefined;
    },
    ends: 'BmcBusy',
  },
  {
    name: 'ends a task with a refusal',
    make: (vcenter) => {
      vcenter.faults.set('PowerOffVM_Task', 'NoPermission');
      return undefined;
    },
    ends: 'BmcPrivilegeTooLow',
    commands: ['PowerOffVM_Task'],
  },
  {
    name: 'knows the user by another password',
    make: () => undefined,
    ends: 'BmcAuthenticationFailed',
    commands: [],
    password: 'not-the-one',
  },
  {
    name: 'talks garbage',
    make: () => () => ({ body: '<a><b></a>' }),
    ends: 'BmcProtocolError',
    commands: [],
  },
];

describe('a vCenter that', () => {
  it.concurrent.each(vimFaults)('$name: $ends', async ({ name, make, ends, commands = cycle, password }) => {
    const vcenter = vimSimulator(user);
    const [machine] = vcenter.machines;
    if (machine === undefined) throw new Error('the simulator has machines');
    machine.power = 'poweredOn';
    const instead = make(vcenter);
    const service = await startHttpService((request) => instead?.(request) ?? vcenter.handle(request));
    try {
      const { address } = service;
      const secret = password ?? user.password;
      const target = { address, ...user, password: secret, secret: {}, bootMode: 'UEFI' } as const;
      const run = await runUnderFault(
        () => createVmwareDriver({ ...target, parameters: { vm: machine.uuid } }),
        { action: 'Cycle', boot: 'Network' },
        ends,
      );
      expect({ ended: run.ended, message: run.outcome.message }).toMatchObject({ ended: ends });
      const given = vcenter.calls.filter((call) => /^Power(On|Off)VM_Task$/.test(call));
      if (name.includes('for ever')) expect(new Set(given)).toEqual(new Set(['PowerOffVM_Task']));
      else expect(given).toEqual(commands);
      if (ends === 'Succeeded') expect(machine.power).toBe('poweredOn');
      expect(vcenter.sessions.size).toBe(0);
      for (const line of [run.outcome.message, ...run.lines]) expect(line).not.toContain(secret);
    } finally {
      await service.close();
    }
  });
});

interface DigestFault {
  name: string;
  make(guard: DigestGuard): ((request: ServiceRequest) => ServiceAnswer | undefined) | undefined;
  ends: Expected;
}

const challenge = (text: string): ServiceAnswer => ({ status: 401, headers: { 'www-authenticate': text } });

const digestFaults: DigestFault[] = [
  {
    name: 'wants a new nonce for each request',
    make: (guard) => () => {
      guard.expire();
      return undefined;
    },
    ends: 'BmcAuthenticationFailed',
  },
  {
    name: 'wants a new nonce for each second request',
    make: (guard) => {
      let asked = 0;
      return () => {
        if (++asked % 4 === 0) guard.expire();
        return undefined;
      };
    },
    ends: 'Succeeded',
  },
  {
    name: 'turns to Basic',
    make: () => () => challenge('Basic realm="switch"'),
    ends: 'BmcAuthenticationFailed',
  },
  {
    name: 'turns to a hash that nobody knows',
    make: () => () => challenge('Digest realm="device", nonce="n", algorithm=NONE, qop="auth"'),
    ends: 'BmcAuthenticationFailed',
  },
  {
    name: 'has no authentication that it names',
    make: () => () => ({ status: 401 }),
    ends: 'BmcAuthenticationFailed',
  },
];

describe('a device with digest authentication that', () => {
  it.concurrent.each(digestFaults)('$name: $ends', async ({ make, ends }) => {
    const guard = digestGuard(user);
    const instead = make(guard);
    const history: boolean[] = [true];
    const service = await startHttpService((request) => {
      const refusal = instead?.(request) ?? guard.refuse(request);
      if (refusal !== undefined) return refusal;
      if (request.method === 'GET') return { body: history.at(-1) };
      history.push(request.body.includes('true'));
      return { status: 204 };
    });
    try {
      const { address } = service;
      const parameters = { outlet: '1', api: 'Rest' };
      const target = { address, ...user, secret: {}, bootMode: 'UEFI', parameters } as const;
      const run = await runUnderFault(() => createDliDriver(target), { action: 'Cycle' }, ends);
      expect({ ended: run.ended, message: run.outcome.message }).toMatchObject({ ended: ends });
      expect(history).toEqual(ends === 'Succeeded' ? [true, false, true] : [true]);
      const basic = Buffer.from(`${user.username}:${user.password}`).toString('base64');
      const sent = JSON.stringify(service.requests);
      for (const secret of [user.password, basic]) expect(sent).not.toContain(secret);
    } finally {
      await service.close();
    }
  });
});
