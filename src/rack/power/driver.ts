import type { HealthLevel } from '../../api/machine/health.ts';

/**
 * The port that every power driver implements. A driver is one conversation with one BMC: it does what is asked once and
 * says what it saw. Verifying, pacing, retrying and locking belong to `executor.ts`.
 */

/** What a BMC says of its machine. `Unknown`: it answers, but with neither. */
export type PowerState = 'On' | 'Off' | 'Unknown';

/**
 * Each overrides the next boot once. `UefiHttp` is the network boot of UEFI over HTTP, `VirtualMedia` a virtual drive that
 * the BMC reads from a URL.
 */
export type BootDevice = 'Network' | 'UefiHttp' | 'Disk' | 'VirtualMedia';

/** What a boot device that loads from a URL is given. */
export interface BootSource {
  /** Of an ISO for `VirtualMedia`, of an EFI program for `UefiHttp`. It may carry a secret: it is never logged. */
  url: string;
}

/** A reading of a sensor, in the unit that its kind has: Celsius, RPM or percent, volts, watts. */
export interface SensorReading {
  name: string;
  kind: 'Temperature' | 'Fan' | 'Voltage' | 'Power';
  unit: 'Celsius' | 'RPM' | 'Percent' | 'Volts' | 'Watts';
  value: number;
}

/** An entry of a BMC's event log. */
export interface LogEntry {
  /** RFC 3339 as the BMC gave it; undefined: it has no clock. */
  at: string | undefined;
  severity: 'OK' | 'Warning' | 'Critical';
  message: string;
}

/** What a BMC says of the hardware. */
export interface HardwareReport {
  overall: HealthLevel;
  /** What is not healthy. */
  components: { name: string; health: 'Warning' | 'Critical'; message?: string }[];
  sensors: SensorReading[];
  secureBoot: 'Enabled' | 'Disabled' | undefined;
  /** Versions by component. */
  firmware: Record<string, string>;
  log: {
    /** Entries since the one before; without one, none. */
    news: LogEntry[];
    /** The newest entry; undefined: the log is empty, or there is none. */
    cursor: string | undefined;
    critical: number;
  };
}

/** How the hardware is looked at: many requests, between which others may have their turn at the BMC. */
export interface HealthLook {
  /** The newest entry of the event log that is known. */
  cursor: string | undefined;
  /** Runs one request when its turn has come. Default: at once. */
  turn?<T>(work: () => Promise<T>): Promise<T>;
}

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
  /** Asks the OS to switch the machine off (ACPI). Returns when the BMC has taken the command. Undefined: it cannot. */
  softOff?(signal: AbortSignal): Promise<void>;
  /**
   * Overrides the device of the next boot, once, for the machine's boot mode. Only for one of `bootDevices`.
   * @param source needed for `VirtualMedia`, which is inserted with it; used for `UefiHttp` where the BMC takes one
   */
  setBootDevice(device: BootDevice, signal: AbortSignal, source?: BootSource): Promise<void>;
  /** Takes out what is in the virtual drive; nothing there is as good. Only with `VirtualMedia` among `bootDevices`. */
  ejectMedia?(signal: AbortSignal): Promise<void>;
  /**
   * What the BMC says of health, sensors, firmware and events, as far as it says anything.
   * @throws CodedError<PowerErrorCode>
   */
  health?(look: HealthLook, signal: AbortSignal): Promise<HardwareReport>;
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
