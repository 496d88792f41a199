/** How long the machine controller waits for what, in milliseconds. */
export interface MachineTimings {
  /** For the inventory of a machine that enlists itself. */
  enlist: number;
  /** For a rack to take up and carry out a power request. */
  power: number;
  /** From power-on to the agent's first call. */
  boot: number;
  /** Without a word from an agent that has a task. */
  agentSilence: number;
  commission: number;
  /** For all tests of the hardware. */
  test: number;
  /** For the ephemeral OS to accept logins. */
  rescue: number;
  install: number;
  /** From the end of the installation to the installed OS's first call. */
  firstBoot: number;
  /** From that call to cloud-init's end. */
  cloudInit: number;
  erase: number;
  /** For a BootImage to become Ready. */
  image: number;
  /** For an address to be reserved; without one the dynamic range has to do. */
  address: number;
  /** For a rack that can be phoned home to. */
  rack: number;
  /** For a machine that is being deleted to be switched off. */
  delete: number;
  /** What a boot reports within this time is told in one write. */
  settle: number;
  /** Before another look at something that another controller is about to change. */
  recheck: number;
}

const minute = 60_000;

/** For real machines, whose firmware takes minutes. */
export const defaultMachineTimings: MachineTimings = {
  enlist: 10 * minute,
  power: 5 * minute,
  boot: 10 * minute,
  agentSilence: 2 * minute,
  commission: 30 * minute,
  test: 24 * 60 * minute,
  rescue: 30 * minute,
  install: 60 * minute,
  firstBoot: 20 * minute,
  cloudInit: 60 * minute,
  erase: 24 * 60 * minute,
  image: 120 * minute,
  address: minute / 2,
  rack: 5 * minute,
  delete: 5 * minute,
  settle: 2_000,
  recheck: 1_000,
};
