import type { bmcSetupFailures } from '../../api/bmc/setup.ts';
import { CodedError } from '../../errors/coded-error.ts';

export type BmcSetupFailure = (typeof bmcSetupFailures)[number];

/** What a person should try. */
const advice = {
  BmcNotFound:
    'check that the machine has a BMC and that its system interface is switched on in the firmware',
  BmcHasNoAddress: 'give the BMC a static address, or a DHCP server on its network, then commission again',
  BmcHasNoRoomForUser: 'delete a user at the BMC, then commission again',
  BmcRefusedSetup: 'look at the policies of the BMC for users and passwords, then commission again',
  BmcSetupTimeout: 'check that the operator and a rack run, then commission again',
} as const satisfies Record<BmcSetupFailure, string>;

/** @param seen what was observed, in words, without a secret; the advice of the table is added. */
export function bmcSetupError(code: BmcSetupFailure, seen: string): CodedError<BmcSetupFailure> {
  return new CodedError(code, `${seen}: ${advice[code]}`);
}

/** True for what `bmcSetupError` made. */
export function isBmcSetupError(thrown: unknown): thrown is CodedError<BmcSetupFailure> {
  return thrown instanceof CodedError && Object.hasOwn(advice, thrown.code);
}
