import { MscmParameters } from '../../../api/bmc/mscm.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { openSsh, type SshAnswer, type SshDriverDeps } from '../ssh/client.ts';
import { type Complaints, complaintIn, garbage } from '../ssh/complaints.ts';

/** What the chassis manager says instead of doing it. */
const complaints: Complaints = [
  [/not authori[sz]ed|insufficient privilege|permission denied/i, 'BmcPrivilegeTooLow'],
  [
    /invalid (node|cartridge|id|target|slot)|no such|not present|does not exist|not found/i,
    'BmcSystemNotFound',
  ],
  [/busy|in progress|try again|not ready/i, 'BmcBusy', true],
  [/invalid command|unknown command|unrecogni[sz]ed|syntax error/i, 'BmcUnsupported'],
  [/^\s*(error|failed|failure)\b/im, 'BmcProtocolError', true],
];

/**
 * Power of one node of an HPE Moonshot chassis through its iLO Chassis Manager. Sources: HPE's iLO Chassis Management CLI
 * user guide (`show node power`, `set node power`, `set node bootonce`).
 * @throws CodedError<PowerErrorCode> for an address that is none, and for what the Secret lacks
 */
export function createMscmDriver(target: PowerTarget, deps: SshDriverDeps = {}): PowerDriver {
  const { nodeId } = MscmParameters.parse(target.parameters);
  const ssh = (deps.openSsh ?? openSsh)(target);

  const run = async (command: string, signal: AbortSignal): Promise<SshAnswer> =>
    withoutEcho(command, await ssh.run(command, signal));
  const order = async (command: string, signal: AbortSignal): Promise<void> => {
    const answer = await run(command, signal);
    const complaint = complaintIn(command, answer, complaints);
    if (complaint !== undefined) throw complaint;
    if (answer.code !== 0) throw garbage(command, answer);
  };

  return {
    bootDevices: new Set(['Network']),
    async status(signal) {
      const command = `show node power ${nodeId}`;
      const answer = await run(command, signal);
      const state = /power state:[ \t]*(\w+)/i.exec(answer.stdout)?.[1];
      if (state === undefined) throw complaintIn(command, answer, complaints) ?? garbage(command, answer);
      return stateOf(state);
    },
    on: (signal) => order(`set node power on ${nodeId}`, signal),
    off: (signal) => order(`set node power off force ${nodeId}`, signal),
    softOff: (signal) => order(`set node power off shutdown ${nodeId}`, signal),
    setBootDevice(device, signal) {
      if (device === 'Network') return order(`set node bootonce pxe ${nodeId}`, signal);
      return Promise.reject(
        powerError('BmcUnsupported', `the chassis manager cannot boot once from ${device}`),
      );
    },
    close: async () => ssh.close(),
  };
}

/** Of `Power State:`. A cartridge without power has nodes that are not available. */
export function stateOf(word: string): PowerState {
  switch (word.toLowerCase()) {
    case 'on':
      return 'On';
    case 'off':
    case 'unavailable':
      return 'Off';
    default:
      return 'Unknown';
  }
}

/** The chassis manager repeats what was typed. */
function withoutEcho(command: string, answer: SshAnswer): SshAnswer {
  const { stdout } = answer;
  return stdout.startsWith(command)
    ? { ...answer, stdout: stdout.slice(command.length).trimStart() }
    : answer;
}
