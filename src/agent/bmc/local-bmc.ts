import type { BmcCredentials } from './messages.ts';

/** A BMC that was found from within the machine, and what to do to it. No method logs or reports the secrets that it is given. */
export interface LocalBmc {
  driver: BmcCredentials['driver'];
  /** Where racks reach it. */
  address: string;
  /** SHA-256 of its certificate, lower-case hex. */
  fingerprint?: string;
  /** Lengths of passwords that it may take, the best first. */
  passwordLengths: readonly number[];
  /**
   * Makes the user, or gives it another password, and looks whether the BMC took it.
   *
   * @returns notes for people on what could not be set as configured; `PasswordRefused`: the password is not set, a shorter one may be
   * @throws CodedError<BmcSetupFailure>
   */
  apply(secrets: BmcSecrets): Promise<readonly string[] | 'PasswordRefused'>;
}

/** What is set. */
export interface BmcSecrets {
  username: string;
  password: string;
  bmcKey?: string;
}
