import { HmcParameters } from '../../../api/bmc/hmc.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import { openSsh, quoted, type SshDriverDeps } from '../ssh/client.ts';
import { type Complaints, complaintIn, garbage } from '../ssh/complaints.ts';

/** What the HMC says instead of doing it; its messages begin with `HSCL` and a number. */
export const hmcComplaints: Complaints = [
  [/appropriate authority|not authori[sz]ed|permission denied|HSCL350B/i, 'BmcPrivilegeTooLow'],
  [/(was|were|is) not found|does not exist|no results were found/i, 'BmcSystemNotFound'],
  [/command not found|not (a )?valid|unrecogni[sz]ed|not supported/i, 'BmcUnsupported'],
  [
    /not allowed when|not in the .* state|already|in progress|busy|locked|no connection|incomplete state/i,
    'BmcBusy',
    true,
  ],
];

/**
 * Power of a logical partition of IBM Power through its HMC. Sources: IBM's documentation of `lssyscfg` and `chsysstate`.
 * @throws CodedError<PowerErrorCode> for an address that is none, and for what the Secret lacks
 */
export function createHmcDriver(target: PowerTarget, deps: SshDriverDeps = {}): PowerDriver {
  const { server, partition, profile } = HmcParameters.parse(target.parameters);
  const ssh = (deps.openSsh ?? openSsh)(target);
  let fromNetwork = false;

  const ask = async (command: string, signal: AbortSignal): Promise<string> => {
    const answer = await ssh.run(command, signal);
    if (answer.code === 0) return answer.stdout;
    const what = command.split(' ', 1)[0] ?? '';
    throw complaintIn(what, answer, hmcComplaints) ?? garbage(what, answer);
  };
  const status = async (signal: AbortSignal): Promise<PowerState> => {
    const printed = await ask(`lssyscfg -m ${quoted(server)} -r lpar -F name:state`, signal);
    const line = printed.split('\n').find((each) => each.startsWith(`${partition}:`));
    if (line !== undefined) return stateOf(line.slice(partition.length + 1).trim());
    if (printed !== '' && !/:/.test(printed)) {
      throw powerError('BmcProtocolError', `lssyscfg says ${printed.slice(0, 200)}`, { retryable: true });
    }
    throw powerError('BmcSystemNotFound', `${server} has no logical partition "${partition}"`);
  };
  /** To a partition that is so already, the HMC says no: that is no failure. */
  const reach = async (operation: string, wanted: PowerState, signal: AbortSignal): Promise<void> => {
    const who = `-m ${quoted(server)} -r lpar -n ${quoted(partition)}`;
    try {
      await ask(`chsysstate ${who} -o ${operation}`, signal);
    } catch (thrown) {
      if (!isPowerError(thrown) || thrown.code !== 'BmcBusy') throw thrown;
      if ((await status(signal)) !== wanted) throw thrown;
    }
  };

  return {
    bootDevices: new Set(['Network']),
    status,
    async on(signal) {
      const how = [
        'on',
        ...(profile === undefined ? [] : ['-f', quoted(profile)]),
        ...(fromNetwork ? ['--bootstring', 'network-all'] : []),
      ];
      await reach(how.join(' '), 'On', signal);
    },
    off: (signal) => reach('shutdown --immed', 'Off', signal),
    softOff: (signal) => reach('osshutdown', 'Off', signal),
    // It is a word of the command that activates the partition, so it is kept until then.
    async setBootDevice(device) {
      if (device !== 'Network') {
        throw powerError('BmcUnsupported', `the HMC cannot activate a partition from ${device}`);
      }
      fromNetwork = true;
    },
    close: async () => ssh.close(),
  };
}

/** Of a partition, as `lssyscfg` prints it. One that still shuts down has its power. */
export function stateOf(state: string): PowerState {
  const word = state.replace(/^Migrating - /, '');
  if (['Running', 'Starting', 'Open Firmware', 'Shutting Down', 'Hardware Discovery'].includes(word))
    return 'On';
  return word === 'Not Activated' ? 'Off' : 'Unknown';
}
