import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { createProxmoxDriver } from './driver.ts';
import { enumerateProxmox } from './enumerate.ts';

const username = 'root@pam';
const password = randomBytes(12).toString('hex');
const token = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);

const configs: Record<string, unknown> = {
  '100': {
    name: 'web',
    net10: 'virtio=BC:24:11:00:00:0A,bridge=vmbr0',
    net2: 'e1000=BC:24:11:00:00:02,bridge=vmbr1,tag=7',
    net0: 'virtio=BC:24:11:00:00:00,bridge=vmbr0',
    smbios1: 'manufacturer=UUU=,uuid=6695EB01-f6a4-8304-79aa-97f2502e193f',
    memory: 2048,
  },
  '102': { arch: 'aarch64' },
};

/** A cluster of Proxmox VE, from its API's documentation. */
function simulator() {
  const ticket = `PVE:${username}:${randomBytes(4).toString('hex')}::x+/=`;
  const csrf = randomBytes(8).toString('hex');
  const machines = [
    { vmid: 100, name: 'web', node: 'pve1', type: 'qemu', status: 'stopped' },
    { vmid: 101, name: 'twin', node: 'pve1', type: 'qemu', status: 'stopped' },
    { vmid: 102, name: 'twin', node: 'pve2', type: 'qemu', status: 'stopped' },
    { vmid: 104, name: 'golden', node: 'pve1', type: 'qemu', status: 'stopped', template: 1 },
    { vmid: 103, name: 'box', node: 'pve2', type: 'lxc', status: 'running' },
  ];
  return {
    machines,
    handle({ method, path, headers, body }: ServiceRequest): ServiceAnswer | undefined {
      if (path === '/api2/json/access/ticket') {
        const form = new URLSearchParams(body);
        if (form.get('username') !== username || form.get('password') !== password) return { status: 401 };
        return { body: { data: { ticket, CSRFPreventionToken: csrf } } };
      }
      const cookie = decodeURIComponent(headers.cookie ?? '');
      const byTicket =
        cookie === `PVEAuthCookie=${ticket}` && (method === 'GET' || headers.csrfpreventiontoken === csrf);
      if (!byTicket && headers.authorization !== `PVEAPIToken=${username}!rack=${token}`)
        return { status: 401 };
      if (path === '/api2/json/cluster/resources?type=vm') return { body: { data: machines } };
      const config = /\/qemu\/(\d+)\/config$/.exec(path)?.[1];
      if (config !== undefined) return { body: { data: configs[config] ?? {} } };
      const [, node, id, action] =
        /^\/api2\/json\/nodes\/([^/]+)\/qemu\/(\d+)\/status\/(\w+)$/.exec(path) ?? [];
      const machine = machines.find(({ vmid, node: on }) => String(vmid) === id && on === node);
      if (machine === undefined) return { status: 500 };
      if (action === 'start') machine.status = 'running';
      if (action === 'stop' || action === 'shutdown') machine.status = 'stopped';
      return { body: { data: action === 'current' ? { status: machine.status } : 'UPID:task' } };
    },
  };
}

describe('power of a virtual machine of Proxmox VE', () => {
  let cluster: ReturnType<typeof simulator>;
  let service: HttpService;
  const drivers: PowerDriver[] = [];
  const driverFor = (vm: string, changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createProxmoxDriver({
      ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI', parameters: { vm } },
      ...changes,
    });
    drivers.push(driver);
    return driver;
  };

  beforeEach(async () => {
    cluster = simulator();
    service = await startHttpService(cluster.handle);
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it.each<[string, string, Partial<PowerTarget>]>([
    ['by number, with a ticket', '100', {}],
    ['by name, with an API token', 'web', { password: '', secret: { tokenName: 'rack', token } }],
  ])('is switched %s', async (_, vm, changes) => {
    const driver = driverFor(vm, changes);
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
  });

  it('is found again on the node that it moved to', async () => {
    const driver = driverFor('100');
    await driver.on(signal);
    for (const machine of cluster.machines) if (machine.vmid === 100) machine.node = 'pve3';
    expect(await driver.status(signal)).toBe('On');
  });

  it.each([
    ['does not exist', '999', 'has no virtual machine "999"'],
    ['is a container', 'box', 'has no virtual machine "box"'],
    ['shares its name', 'twin', 'give its number'],
  ])('is named in the failure when it %s', async (_, vm, says) => {
    const message = expect.stringContaining(says);
    await expect(driverFor(vm).status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound', message });
  });

  it('asks a wrong password only once', async () => {
    const status = driverFor('100', { password: 'not it' }).status(signal);
    await expect(status).rejects.toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    expect(service.requests).toHaveLength(1);
  });

  it('says what an API token lacks', () => {
    expect(() => driverFor('100', { secret: { token } })).toThrow('tokenName');
  });

  it('is asked for a soft off', async () => {
    const driver = driverFor('100');
    await driver.softOff?.(signal);
    expect(service.requests.at(-1)?.path).toBe('/api2/json/nodes/pve1/qemu/100/status/shutdown');
  });

  it('is listed with its MAC addresses in order, and no container or template is', async () => {
    const target = { address: service.address, username, password, secret: {}, parameters: {} };
    const nodes = await enumerateProxmox({ ...target, bootMode: 'UEFI' }, { log: silentLogger }, signal);
    expect(nodes).toEqual([
      {
        name: '100/web',
        parameters: { vm: '100' },
        macAddresses: ['bc:24:11:00:00:00', 'bc:24:11:00:00:02', 'bc:24:11:00:00:0a'],
        systemUuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
        architecture: 'amd64',
        powerState: 'Off',
      },
      {
        name: '101/twin',
        parameters: { vm: '101' },
        macAddresses: [],
        architecture: 'amd64',
        powerState: 'Off',
      },
      {
        name: '102/twin',
        parameters: { vm: '102' },
        macAddresses: [],
        architecture: 'arm64',
        powerState: 'Off',
      },
    ]);
  });
});
