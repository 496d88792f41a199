import { messageOf } from '../../errors/coded-error.ts';
import type { Files } from '../host/files.ts';
import type { RunProgram } from '../host/programs.ts';
import type { BmcCalls } from '../rack/client.ts';
import type { Timing } from '../time.ts';
import type { TaskContext } from '../work.ts';
import { bmcSetupError } from './errors.ts';
import { findIpmiBmc, narrowIpmi } from './ipmi-bmc.ts';
import { type SendIpmi, sendWithIpmitool } from './ipmitool.ts';
import type { LocalBmc } from './local-bmc.ts';
import type { BmcSetupOrder } from './messages.ts';
import { findRedfishBmc } from './redfish/redfish-bmc.ts';
import { setUpBmc } from './set-up.ts';

/** What setting up the BMC needs of the machine and of the rack. */
export interface BmcTaskDeps {
  client: BmcCalls;
  files: Files;
  run: RunProgram;
  timing: Timing;
}

/** Sets up the BMC as part of an inventory. @returns what came of it, in words */
export async function setUpFoundBmc(
  task: string,
  order: BmcSetupOrder,
  { sessionKey, signal, report }: TaskContext,
  { client, files, run, timing }: BmcTaskDeps,
): Promise<string> {
  return await setUpBmc(order, task, {
    find: (wanted) => findBmc(wanted, { files, run, timing }, signal),
    async put(stage) {
      const refusal = await client.putBmc(sessionKey, task, stage, signal);
      if (refusal !== undefined) throw new Error(refusal.refused);
    },
    async ask(offer) {
      const answer = await client.askBmc(sessionKey, task, offer, signal);
      return 'refused' in answer ? { state: 'Refused', message: answer.refused } : answer;
    },
    report,
    timing,
    signal,
  });
}

/** The drivers of the system interface, and the device that programs use; a machine without a BMC has none. */
const modules = ['ipmi_si', 'ipmi_ssif', 'ipmi_devintf'] as const;

/** By Redfish where the firmware names a way to it and the BMC lets its own machine in; else by IPMI, unless the order says which. */
async function findBmc(
  order: BmcSetupOrder,
  { files, run, timing }: Pick<BmcTaskDeps, 'files' | 'run' | 'timing'>,
  signal: AbortSignal,
): Promise<LocalBmc | undefined> {
  for (const module of modules) await run('modprobe', ['-q', module], { signal });
  await run('udevadm', ['settle', '--timeout=10'], { signal });
  const hasIpmi = (await files.list('/dev')).some((name) => /^ipmi\d+$/.test(name));
  const send = hasIpmi ? sendWithIpmitool(run, signal) : undefined;
  if (order.driver !== 'ipmi') {
    try {
      const found = await findRedfishBmc(order, { files, run, send, timing, signal });
      if (found !== undefined) return send === undefined ? found : withSuites(found, send, order);
      if (order.driver === 'redfish')
        throw bmcSetupError('BmcNotFound', 'the firmware names no Redfish host interface');
    } catch (error) {
      signal.throwIfAborted();
      if (order.driver === 'redfish' || send === undefined) throw error;
      const bmc = await findIpmiBmc(send, order);
      return noting(bmc, `not by Redfish: ${messageOf(error)}`);
    }
  }
  return send === undefined ? undefined : await findIpmiBmc(send, order);
}

/** IPMI over LAN is narrowed as configured, though another protocol is used. */
function withSuites(bmc: LocalBmc, send: SendIpmi, order: BmcSetupOrder): LocalBmc {
  return {
    ...bmc,
    async apply(secrets) {
      const notes = await bmc.apply(secrets);
      if (notes === 'PasswordRefused') return notes;
      const note = await narrowIpmi(send, order.cipherSuites.map(Number));
      return note === undefined ? notes : [...notes, note];
    },
  };
}

function noting(bmc: LocalBmc, note: string): LocalBmc {
  return {
    ...bmc,
    async apply(secrets) {
      const notes = await bmc.apply(secrets);
      return notes === 'PasswordRefused' ? notes : [...notes, note];
    },
  };
}
