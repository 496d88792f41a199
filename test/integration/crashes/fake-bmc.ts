import type { BootDevice, PowerDriver } from '../../../src/rack/power/driver.ts';
import { powerError } from '../../../src/rack/power/errors.ts';

/** A BMC and the machine behind it, in memory: it forgets nothing when a rack dies. */
export interface FakeBmc {
  /** Commands in the order in which they were carried out: `on`, `off`, `soft off`, `boot Network`. */
  commands: string[];
  /** How often the machine was switched from off to on. */
  starts: number;
  /** It accepts no password. False at first. */
  refuses: boolean;
  isOn(): boolean;
  /** @param called told before and after each call; what it throws, the caller sees */
  driver(called: (when: 'before' | 'after') => void): PowerDriver;
}

/** A machine that obeys at once, and is off at first. */
export function createFakeBmc(): FakeBmc {
  let on = false;
  const bmc: FakeBmc = {
    commands: [],
    starts: 0,
    refuses: false,
    isOn: () => on,
    driver(called) {
      async function call<T>(work: () => T): Promise<T> {
        called('before');
        if (bmc.refuses) throw powerError('BmcAuthenticationFailed', 'a test');
        const result = work();
        called('after');
        return result;
      }
      const turn = (command: string, wanted: boolean): Promise<void> =>
        call(() => {
          bmc.commands.push(command);
          if (wanted && !on) bmc.starts += 1;
          on = wanted;
        });
      return {
        bootDevices: new Set<BootDevice>(['Network', 'UefiHttp', 'VirtualMedia', 'Disk']),
        status: () => call(() => (on ? 'On' : 'Off')),
        on: () => turn('on', true),
        off: () => turn('off', false),
        softOff: () => turn('soft off', false),
        setBootDevice: (device) => call(() => void bmc.commands.push(`boot ${device}`)),
        ejectMedia: async () => {},
        async close() {},
      };
    },
  };
  return bmc;
}
