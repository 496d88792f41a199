/**
 * The port that every power driver implements. A driver is one conversation with one BMC: it does what is asked once and
 * says what it saw. Verifying, pacing, retrying and locking belong to `executor.ts`.
 */

/** What a BMC says of its machine. `Unknown`: it answers, but with neither. */
export type PowerState = 'On' | 'Off' | 'Unknown';

/** `Network` and `Disk` override the next boot once; `UefiHttp` is the network boot of UEFI over HTTP. */
export type BootDevice = 'Network' | 'UefiHttp' | 'Disk';

export interface PowerDriver {
  /**
   * Which overrides of the next boot it can set. Without `Network`, a machine that is to boot over the network has to be
   * set up for that in its firmware.
   */
  readonly bootDevices: ReadonlySet<BootDevice>;
  /** @throws CodedError<PowerErrorCode> */
  status(signal: AbortSignal): Promise<PowerState>;
  /** Returns when the BMC has taken the command, not when the machine is on. */
  on(signal: AbortSignal): Promise<void>;
  /** Hard off. */
  off(signal: AbortSignal): Promise<void>;
  /** Overrides the device of the next boot, once, for the machine's boot mode. Only for one of `bootDevices`. */
  setBootDevice(device: BootDevice, signal: AbortSignal): Promise<void>;
  /** Ends the session at the BMC: they have few. Never throws. */
  close(): Promise<void>;
}

/** What a driver is made from. Credentials are the content of the named Secret. */
export interface PowerTarget {
  /** `10.0.0.5`, `10.0.0.5:6230`, `[2001:db8::5]:623` or, for Redfish, a URL. */
  address: string;
  /** Of the Secret; empty for drivers that take something else. */
  username: string;
  password: string;
  /** Every text of the Secret, by its key. */
  secret: Readonly<Record<string, string>>;
  /** IPMI 2.0 BMC key (K_g), if the BMC has one. Bytes, at most 20. */
  bmcKey?: Uint8Array;
  /** Firmware the machine boots with: it decides the boot override. */
  bootMode: 'BIOS' | 'UEFI';
  /** Driver-specific parameters, already validated by the driver's schema. */
  parameters: Readonly<Record<string, string>>;
  tls?: {
    /** SHA-256 of the certificate, lower-case hex: the only certificate that is accepted. */
    fingerprint?: string;
    /** PEM certificates to trust. */
    caBundle?: string;
    insecureSkipVerify?: boolean;
  };
}
