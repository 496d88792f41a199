import { WedgeParameters } from '../../../api/bmc/wedge.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { openSsh, type SshDriverDeps } from '../ssh/client.ts';
import { type Complaints, complaintIn, garbage } from '../ssh/complaints.ts';

const program = '/usr/local/bin/wedge_power.sh';

const complaints: Complaints = [
  [/wedge_power\.sh: (not found|no such file)|no such file or directory/i, 'BmcUnsupported'],
  [/doesn't support|not support/i, 'BmcUnsupported'],
  [/permission denied/i, 'BmcPrivilegeTooLow'],
  [/busy/i, 'BmcBusy', true],
];

/**
 * Power of the microserver of a Facebook Wedge and its successors, by the script that their OpenBMC has for it. Source:
 * OpenBMC's public repository (`wedge_power.sh`, and its hardware design guide).
 * @throws CodedError<PowerErrorCode> for an address that is none, and for what the Secret lacks
 */
export function createWedgeDriver(target: PowerTarget, deps: SshDriverDeps = {}): PowerDriver {
  WedgeParameters.parse(target.parameters);
  const ssh = (deps.openSsh ?? openSsh)(target);

  const order = async (word: 'on' | 'off', signal: AbortSignal): Promise<void> => {
    const answer = await ssh.run(`${program} ${word}`, signal);
    // Some boards say it by their exit status, too, that there was nothing to do.
    if (answer.code === 0 || /already (on|off)/i.test(answer.stdout)) return;
    throw (
      complaintIn(`wedge_power.sh ${word}`, answer, complaints) ?? garbage(`wedge_power.sh ${word}`, answer)
    );
  };

  return {
    // Its CPU module has a firmware of its own, which the board's controller does not steer.
    bootDevices: new Set(),
    async status(signal) {
      const answer = await ssh.run(`${program} status`, signal);
      // The exit status means nothing: on some boards it is 1 when the power is off.
      const state = /power is (on|off)\b/i.exec(answer.stdout)?.[1]?.toLowerCase();
      if (state !== undefined) return state === 'on' ? 'On' : 'Off';
      throw (
        complaintIn('wedge_power.sh status', answer, complaints) ?? garbage('wedge_power.sh status', answer)
      );
    },
    on: (signal) => order('on', signal),
    off: (signal) => order('off', signal),
    setBootDevice: () => Promise.reject(powerError('BmcUnsupported', 'a Wedge has no boot device to set')),
    close: async () => ssh.close(),
  };
}
