import { createServer, type Server } from 'node:http';
import type { z } from 'zod';
import { type Lab, labUp } from '../../../lab/lab.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { tail } from '../../../lab/process/daemon.ts';
import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineActionSpec } from '../../../src/api/machine-action/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import { startWitness, type Witness } from '../../e2e/support/witness.ts';
import { type Faults, prepareFaults } from './faults.ts';

type Order = z.input<typeof MachineActionSpec>;

/** What came of an order: done or begun, or refused. */
export interface Answer {
  phase: string;
  message: string;
}

/** A laboratory with one machine, whose way through the phases is followed step by step. */
export interface Stage {
  lab: Lab;
  machine: LabMachine;
  faults: Faults;
  witness: Witness;
  /** The name of its Machine. Throws before there is one. */
  name(): string;
  /** The Machine as it is now. */
  now(): Machine;
  /**
   * Waits until it has gone through these phases, and no other, since the last one that was waited for; answers the Machine as it
   * was when it came to the last of them.
   */
  walks(phases: readonly MachinePhase[], timeoutMs: number): Promise<Machine>;
  /** Gives an order, and waits until it is taken up. */
  order(action: Order['action'], parameters?: Order['parameters']): Promise<Answer>;
  /** Runs the operator with other limits while `work` lasts. */
  withLimits(limits: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void>;
  /** Every phase that it was in, in the order in which it came to them. */
  visited(): MachinePhase[];
  /** URL of something that is never sent. */
  endlessUrl: string;
  down(): Promise<void>;
}

/**
 * Lasts between two writes of a rack, the Machine and its inventory: the operator seldom looks in between, and no fault of the
 * hardware makes it longer.
 */
export const fleeting: MachinePhase = 'Enlisting';

/** A sign of life comes every ten seconds; a real machine is given two minutes. */
const limits = { METALWRIGHT_TIMEOUT_AGENT_SILENCE: '45' };

export async function setStage(): Promise<Stage> {
  Object.assign(process.env, limits);
  const lab = await labUp({
    instance: 'lifecycle',
    lifetime: 'parent',
    machines: [{ name: 'walker', firmware: 'bios', bmc: 'ipmi' }],
  });
  const machine = lab.machine('walker');
  const faults = await prepareFaults(lab, machine);
  const witness = await startWitness(lab.kubeconfigPath);
  const web = await startEndlessWeb();
  let walked = 0;
  let orders = 0;

  const found = (): Machine | undefined =>
    witness.machines.list().find(({ spec }) => spec.macAddresses.includes(machine.mac));
  const changes = (): { phase: MachinePhase; machine: Machine }[] => {
    const name = found()?.metadata.name;
    const history = name === undefined ? [] : witness.historyOf(name);
    let last: MachinePhase | undefined;
    return history.flatMap((state) => {
      const phase = state.status?.phase;
      if (phase === undefined || phase === last) return [];
      last = phase;
      return [{ phase, machine: state }];
    });
  };
  const now = (): Machine => {
    const present = found();
    if (present === undefined) throw new Error(`there is no Machine with the address ${machine.mac}`);
    return present;
  };
  const restartOperator = async (): Promise<void> => {
    await lab.stopProgram('operator');
    lab.startProgram('operator');
  };

  return {
    lab,
    machine,
    faults,
    witness,
    endlessUrl: web.url,
    now,
    name: () => now().metadata.name,
    async walks(phases, timeoutMs) {
      let last: Machine | undefined;
      const deadline = Date.now() + timeoutMs;
      for (const phase of phases) {
        const next = () => {
          if (phase !== fleeting && changes()[walked]?.phase === fleeting) walked += 1;
          const change = changes()[walked];
          if (change === undefined || change.phase === phase) return change?.machine;
          const { failure } = change.machine.status ?? {};
          throw new Error(`expected ${phase}, it is ${change.phase}: ${JSON.stringify(failure)}`);
        };
        const what = () => {
          const { step, conditions, power, phase: present } = found()?.status ?? {};
          const state = JSON.stringify({ phase: present, step, power, conditions });
          return `${phase}; it is ${state}; its console: ${tail(machine.consolePath, 5)}`;
        };
        last = await witness.until(what, next, deadline - Date.now());
        walked += 1;
      }
      if (last === undefined) throw new Error('no phases to walk through');
      return last;
    },
    async order(action, parameters) {
      orders += 1;
      const name = `lifecycle-${orders}`;
      const spec = { machine: now().metadata.name, action, ...(parameters && { parameters }) };
      await lab.kubectl.apply([{ apiVersion, kind: 'MachineAction', metadata: { name }, spec }]);
      const answered = () => {
        const { phase, message = '' } = witness.actions.get(name)?.status ?? {};
        return phase === undefined || phase === 'Pending' ? undefined : { phase, message };
      };
      return await witness.until(() => `${action} is taken up`, answered, 60_000);
    },
    async withLimits(changed, work) {
      const before = { ...process.env };
      Object.assign(process.env, changed);
      await restartOperator();
      try {
        await work();
      } finally {
        for (const name of Object.keys(changed)) {
          if (before[name] === undefined) delete process.env[name];
          else process.env[name] = before[name];
        }
        await restartOperator();
      }
    },
    visited: () => changes().map(({ phase }) => phase),
    async down() {
      web.server.close();
      web.server.closeAllConnections();
      await faults.bmc('well');
      await witness.stop();
      await lab.down();
    },
  };
}

/** Says how long what it sends is, and sends none of it. */
async function startEndlessWeb(): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': 1024 * 1024 });
    response.flushHeaders();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return { server, url: `http://127.0.0.1:${address.port}/endless.raw` };
}
