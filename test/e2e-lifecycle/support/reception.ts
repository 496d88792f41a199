import type { z } from 'zod';
import { makeSshKey, type SshKey } from '../../../lab/demo/ssh.ts';
import { type Lab, labUp } from '../../../lab/lab.ts';
import { LIBVIRT_URI } from '../../../lab/machines/libvirt-daemons.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { poll } from '../../../lab/process/poll.ts';
import { labPrograms, SYSTEM_NAMESPACE } from '../../../lab/programs.ts';
import { ADMIN } from '../../../lab/resources.ts';
import { signInLink } from '../../../lab/server-access.ts';
import type { MachineSpec } from '../../../src/api/machine/spec.ts';
import { apiVersion } from '../../../src/api/meta.ts';

/** A laboratory with all programs, one machine to work with, and some that are only described. */
export interface Reception {
  lab: Lab;
  machine: LabMachine;
  /** How many Machines the API server knows. */
  machines: number;
  key: SshKey;
  /** Of the server. */
  url: string;
  /** Signs in once. */
  link: string;
  token: string;
  down(): Promise<void>;
}

/** Machines may be emulated, beside other work. */
const timeouts = {
  METALWRIGHT_TIMEOUT_BOOT: '900',
  METALWRIGHT_TIMEOUT_AGENT_SILENCE: '600',
  METALWRIGHT_TIMEOUT_FIRST_BOOT: '1800',
};

/** Described, never approved, and nowhere to be found. */
const others = ['rack1-u1', 'rack1-u2', 'rack1-u3', 'rack1-u5', 'rack2-u1'];

export async function openReception(name: string): Promise<Reception> {
  Object.assign(process.env, timeouts);
  const key = await makeSshKey('you@example.com');
  const lab = await labUp({
    instance: 'browser',
    lifetime: 'parent',
    machines: [{ name, firmware: 'bios', bmc: 'redfish' }],
    programs: labPrograms,
  });
  const machine = lab.machine(name);
  await describeMachines(lab, machine);
  const link = await signInLink(lab.instance);
  const url = new URL(link).origin;
  const ready = async () =>
    (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200 ? true : undefined;
  await poll(ready, { what: `the server at ${url}`, timeoutMs: 120_000, intervalMs: 200 });
  const token = await lab.kubectl.run('create', 'token', ADMIN, '-n', SYSTEM_NAMESPACE, '--duration', '4h');
  return {
    ...{ lab, machine, key, url, link },
    machines: others.length + 1,
    token: token.trim(),
    async down() {
      await lab.down();
      await key.remove();
    },
  };
}

/** The hypervisor itself is the machine's BMC, for it has a serial console, which the virtual BMCs have not. */
async function describeMachines(lab: Lab, machine: LabMachine): Promise<void> {
  const real: z.input<typeof MachineSpec> = {
    macAddresses: [machine.mac],
    architecture: 'amd64',
    bootMode: 'BIOS',
    bmc: { driver: 'libvirt', address: LIBVIRT_URI, parameters: { domain: machine.domain } },
  };
  const described = others.map((name, at) => {
    const spec: z.input<typeof MachineSpec> = {
      macAddresses: [`02:00:00:00:01:${(at + 16).toString(16)}`],
      architecture: 'amd64',
    };
    return { apiVersion, kind: 'Machine', metadata: { name }, spec };
  });
  await lab.kubectl.apply([
    { apiVersion, kind: 'Machine', metadata: { name: machine.name }, spec: real },
    ...described,
  ]);
}
