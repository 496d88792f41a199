import { afterEach, describe, expect, it } from 'vitest';
import { aSubnet } from '../../test/fixtures/objects.ts';
import type { RackService } from '../api/rack/schema.ts';
import { CodedError } from '../errors/coded-error.ts';
import { silentLogger } from '../log/logger.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import type { Attachment } from './world/topology.ts';

const attachment: Attachment = {
  interface: { name: 'eth1', mac: '02:00:00:00:00:01', addresses: [] },
  vlan: 'v',
  subnets: [{ subnet: aSubnet(), address: '10.0.0.2' }],
};

const running: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stop();
});

function setting(fault: () => Error | undefined) {
  const served: string[] = [];
  const disabled: RackService[] = [];
  const begin = (name: RackService) => async () => {
    const error = name === 'Tftp' ? fault() : undefined;
    if (error !== undefined) throw error;
    served.push(name);
  };
  const service = (name: RackService, number: number) => ({
    name,
    ports: [{ protocol: 'udp' as const, number }],
    begin: begin(name),
    end: async () => {
      served.splice(served.indexOf(name), 1);
    },
  });
  const supervisor = createSupervisor({
    services: [service('Dhcp4', 67), service('Tftp', 69), service('Http', 80)],
    attachments: () => [attachment],
    disabled: () => disabled,
    log: silentLogger,
    intervalMs: 5,
    findHolders: async ({ number }) => [{ pid: 7, name: `holder-of-${number}`, address: '0.0.0.0' }],
  });
  running.push(supervisor);
  return { supervisor, served, disabled };
}

describe('a service whose port is taken', () => {
  const taken = new CodedError('PortInUse', 'cannot bind');

  it('says by whom, and the others serve', async () => {
    const { supervisor, served } = setting(() => taken);
    await supervisor.start();
    expect(served).toEqual(['Dhcp4', 'Http']);
    expect(supervisor.states()).toEqual([
      { name: 'Dhcp4', state: 'Running' },
      {
        name: 'Tftp',
        state: 'Failed',
        reason: 'PortInUse',
        message:
          'eth1: cannot bind; UDP port 69 is held by holder-of-69 (pid 7, on 0.0.0.0): stop it, or disable the service on this Rack',
      },
      { name: 'Http', state: 'Running' },
    ]);
  });

  it('serves as soon as the port is free', async () => {
    let error: Error | undefined = taken;
    const { supervisor, served } = setting(() => error);
    await supervisor.start();
    error = undefined;
    await expect.poll(() => served).toContain('Tftp');
    expect(supervisor.states()[1]).toEqual({ name: 'Tftp', state: 'Running' });
  });

  it('is no trouble any more when it is disabled', async () => {
    const { supervisor, disabled } = setting(() => taken);
    await supervisor.start();
    disabled.push('Tftp');
    expect(supervisor.states()[1]).toEqual({ name: 'Tftp', state: 'Disabled' });
  });
});

describe('a service that fails for another reason', () => {
  it('says so without looking for a holder', async () => {
    const { supervisor } = setting(() => new Error('no such device'));
    await supervisor.start();
    expect(supervisor.states()[1]).toEqual({
      name: 'Tftp',
      state: 'Failed',
      reason: 'Failed',
      message: 'eth1: no such device',
    });
  });
});

describe('an interface with addresses in several subnets', () => {
  it('has a service once, or on each address when its sockets are bound to addresses', async () => {
    const served: string[] = [];
    const service = (name: RackService, perAddress: boolean) => ({
      name,
      perAddress,
      begin: async ({ address }: { address: string }) => {
        served.push(`${name} ${address}`);
      },
      end: async () => {},
    });
    const addresses = ['10.0.0.2', '10.0.1.2', 'fd00::2'];
    const unmanaged = { subnet: aSubnet({ spec: { managed: false } }), address: '10.0.2.2' };
    const supervisor = createSupervisor({
      services: [service('Dhcp4', false), service('Tftp', true)],
      attachments: () => [
        {
          ...attachment,
          subnets: [...addresses.map((address) => ({ subnet: aSubnet(), address })), unmanaged],
        },
      ],
      disabled: () => [],
      log: silentLogger,
      intervalMs: 1000,
    });
    running.push(supervisor);
    await supervisor.start();
    expect(served).toEqual(['Dhcp4 10.0.0.2', 'Tftp 10.0.0.2', 'Tftp 10.0.1.2']);
  });
});
