import { type Machine, machineKind } from '../../../../src/api/machine/schema.ts';
import type { MemoryClient } from '../../../../src/kube/memory-client.ts';
import { silentLogger } from '../../../../src/log/logger.ts';
import { createBmcLock } from '../../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../../src/rack/power/delay.ts';
import type { PowerTarget } from '../../../../src/rack/power/driver.ts';
import { createIpmiDriver } from '../../../../src/rack/power/ipmi/driver.ts';
import { rotateCredentials } from '../../../../src/rack/power/rotation/rotate.ts';
import { readPowerTarget } from '../../../../src/rack/power/target.ts';

/** A BMC as a rack finds it, with its credentials. */
export type FoundBmc = NonNullable<Awaited<ReturnType<typeof readPowerTarget>>>;

/** What a rack does with the BMC of a machine, by its own driver and over the network. */
export interface RackAndBmc {
  /** @throws Error when the Machine has no BMC */
  target(): Promise<FoundBmc>;
  /** Logs in and asks. @param password instead of the one that is stored @throws as the driver does */
  powerState(password?: string): Promise<string>;
  /** Sets the stored credentials of this id at the BMC. */
  rotate(found: FoundBmc, id: string): Promise<void>;
}

/** The stored Machine. @throws Error when there is none */
export async function storedMachine(client: MemoryClient, name: string): Promise<Machine> {
  const found = await client.get(machineKind, name);
  if (found === undefined) throw new Error(`the Machine ${name} is gone`);
  return found;
}

const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };

/** @param lanPort of the loopback interface: where the simulated BMC is, whatever address it says it has */
export function rackAndBmc(
  client: MemoryClient,
  machine: string,
  namespace: string,
  lanPort: number,
): RackAndBmc {
  const log = silentLogger;
  const lock = createBmcLock({ clock: { now: () => Date.now() }, delay, pacing });
  const { signal } = new AbortController();

  async function target(): Promise<FoundBmc> {
    const found = await readPowerTarget(await storedMachine(client, machine), client, namespace);
    if (found === undefined) throw new Error(`the Machine ${machine} has no BMC that a rack could use`);
    return found;
  }

  /**
   * The simulator looks the privileges of cipher suites up by the privilege that is asked for instead of by the suite: only an administrator
   * finds the way that the agent left open.
   */
  function overLan(found: PowerTarget): PowerTarget {
    return { ...found, address: `127.0.0.1:${lanPort}`, parameters: { privilegeLevel: 'Administrator' } };
  }

  return {
    target,
    async powerState(password) {
      const found = overLan((await target()).target);
      const differences = password === undefined ? {} : { password };
      const driver = createIpmiDriver({ ...found, ...differences }, { log });
      try {
        return await driver.status(signal);
      } finally {
        await driver.close();
      }
    },
    async rotate(found, id) {
      await rotateCredentials({ ...found, target: overLan(found.target) }, id, { lock, log }, signal);
    },
  };
}
