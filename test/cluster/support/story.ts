import type { Cluster } from '../../../lab/cluster/cluster.ts';
import { release } from '../../../lab/cluster/release.ts';
import { machineFailure } from '../../../lab/demo/describe.ts';
import { type SshKey, ssh, trySsh } from '../../../lab/demo/ssh.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { tail } from '../../../lab/process/daemon.ts';
import { poll } from '../../../lab/process/poll.ts';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';

/** The account of the sample OS. */
const user = 'debian';

/** What somebody with kubectl and ssh does with the machines of a cluster. */
export interface Story {
  machine(name: string): Promise<Machine | undefined>;
  /** Waits until `done` holds of a machine. Throws at once when it fails on the way, and says what the rack said. */
  machineIs(
    of: LabMachine,
    what: string,
    done: (machine: Machine) => boolean,
    minutes: number,
  ): Promise<Machine>;
  /** Applies an Allocation of the sample OS to one machine. */
  allocate(of: LabMachine): Promise<void>;
  /** Waits for a login to the machine that is Deployed; answers the id of its boot. */
  login(of: LabMachine, minutes: number): Promise<string>;
  allocationPhase(of: LabMachine): Promise<string | undefined>;
}

/** Makes a story of a cluster in which people log in with `key`. */
export function tellStory({ kubectl }: Cluster, key: SshKey): Story {
  const machine = (name: string) => kubectl.read(machineKind.parse, 'machine', name);
  const addressOf = async ({ name }: LabMachine) => (await machine(name))?.status?.addresses?.[0]?.address;
  return {
    machine,
    async machineIs(of, what, done, minutes) {
      let last: Machine | undefined;
      const probe = async () => {
        last = await machine(of.name);
        if (last === undefined) return undefined;
        if (done(last)) return last;
        const failure = machineFailure(last);
        if (failure !== undefined) throw new Error(`before ${of.name} was ${what}: ${failure}`);
        return undefined;
      };
      try {
        return await poll(probe, {
          what: () =>
            `${of.name} to be ${what}; it is ${last?.status?.phase}; its console: ${tail(of.consolePath, 5)}`,
          timeoutMs: minutes * 60_000,
          intervalMs: 500,
        });
      } catch (error) {
        const rack = [
          'logs',
          `daemonset/${release.name}-rack`,
          '--namespace',
          release.namespace,
          '--tail=40',
        ];
        console.log(JSON.stringify(last?.status, undefined, 2), (await kubectl.try(...rack)).stdout);
        throw error;
      }
    },
    async allocate(of) {
      const spec = {
        ...{ image: 'debian-12', constraints: { machine: of.name }, hostname: of.name },
        sshKeys: [key.publicKey],
      };
      const metadata = { name: of.name, namespace: 'default' };
      await kubectl.apply([{ apiVersion, kind: 'Allocation', metadata, spec }]);
    },
    async login(of, minutes) {
      let said = '';
      const probe = async () => {
        const result = await trySsh(key, user, (await addressOf(of)) ?? 'no-address', 'true');
        said = result.stderr.trim();
        return result.code === 0 ? true : undefined;
      };
      const what = () => `a login to ${of.name}; ssh last said: ${said}`;
      await poll(probe, { what, timeoutMs: minutes * 60_000, intervalMs: 500 });
      const address = (await addressOf(of)) ?? 'no-address';
      return (await ssh(key, user, address, 'cat /proc/sys/kernel/random/boot_id')).trim();
    },
    async allocationPhase({ name }) {
      const found = await kubectl.read(allocationKind.parse, 'allocation', name, 'default');
      return found?.status?.phase;
    },
  };
}
