import { readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bmcConnection } from '../../../lab/bmc/connection.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { startHardware, stopHardware } from '../../../lab/hardware.ts';
import { labInstance } from '../../../lab/instance.ts';
import { defineMachine } from '../../../lab/machines/define.ts';
import { isPoweredOn, pressPowerOn, pullPlug } from '../../../lab/machines/libvirt.ts';
import { LIBVIRT_URI } from '../../../lab/machines/libvirt-daemons.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { tryRun } from '../../../lab/process/run.ts';
import { type LabState, readMachines } from '../../../lab/state.ts';

describe('the laboratory’s machines', () => {
  const environment = readLabEnvironment();
  const instance = labInstance('scratch', environment.repository);
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  let state: LabState;
  let bios: LabMachine;
  let uefi: LabMachine;

  const connectionOf = (machine: LabMachine) =>
    bmcConnection(state, readMachines(instance).find((record) => record.machine.name === machine.name)!);

  function ipmi(password: string, ...command: string[]) {
    const { address, credentials } = connectionOf(bios);
    const [host = '', port = ''] = address.split(':');
    const flags = [
      '-I',
      'lanplus',
      '-H',
      host,
      '-p',
      port,
      '-U',
      credentials.username,
      '-P',
      password,
      '-R',
      '1',
    ];
    return tryRun('ipmitool', [...flags, ...command]);
  }

  async function redfish(method: 'GET' | 'POST', path: string, password: string, body?: object) {
    const { address, credentials } = connectionOf(uefi);
    const authorization = `Basic ${Buffer.from(`${credentials.username}:${password}`).toString('base64')}`;
    const response = await request(`${address}/redfish/v1/Systems/${uefi.uuid}${path}`, {
      method,
      dispatcher: agent,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }

  beforeAll(async () => {
    await stopHardware(instance, environment);
    const hardware = await startHardware(instance, environment, { lifetime: 'parent' });
    state = { ...hardware, kubeconfigPath: '' };
    bios = await defineMachine(instance, state, { name: 'bios', firmware: 'bios', bmc: 'ipmi' });
    uefi = await defineMachine(instance, state, {
      name: 'uefi',
      firmware: 'uefi',
      bmc: 'redfish',
      diskGiB: 2,
    });
  });
  afterAll(async () => {
    await agent.close();
    await stopHardware(instance, environment);
    rmSync(instance.directory, { recursive: true, force: true });
  });

  it('have empty disks of the size asked for, which take no room', () => {
    const { size, blocks } = statSync(uefi.diskPath);
    expect(size).toBe(2 * 1024 ** 3);
    expect(blocks).toBeLessThan(16);
  });

  it('obey an IPMI BMC that wants the right password', async () => {
    const { password } = connectionOf(bios).credentials;
    await expect
      .poll(async () => (await ipmi(password, 'power', 'status')).stdout, { timeout: 20_000 })
      .toContain('off');
    expect((await ipmi('wrong', 'power', 'on')).code).not.toBe(0);
    expect(await isPoweredOn(bios)).toBe(false);
    // It answers one session at a time, and may still be busy with the refused one.
    await expect.poll(async () => (await ipmi(password, 'power', 'on')).code, { timeout: 20_000 }).toBe(0);
    expect(await isPoweredOn(bios)).toBe(true);
  });

  it('may go on to their disk from the network, also after their BMC has set the network alone', async () => {
    const { password } = connectionOf(bios).credentials;
    await expect
      .poll(async () => (await ipmi(password, 'chassis', 'bootdev', 'pxe')).code, { timeout: 20_000 })
      .toBe(0);
    const { stdout } = await tryRun('virsh', ['-c', LIBVIRT_URI, 'dumpxml', '--inactive', bios.domain]);
    expect(stdout).not.toContain("<boot dev='hd'/>");
    expect(stdout).toContain("<qemu:arg value='strict=off'/>");
  });

  it('try the network first when they are switched on, and say so on their console', async () => {
    await pressPowerOn(bios);
    const consoleText = () => readFileSync(bios.consolePath, 'latin1');
    await expect.poll(consoleText, { timeout: 60_000 }).toMatch(/net0: |Configuring \(net0/);
    await pullPlug(bios);
    expect(await isPoweredOn(bios)).toBe(false);
  });

  it('obey a Redfish BMC over TLS that wants the right password', async () => {
    const { password } = connectionOf(uefi).credentials;
    const system = () => redfish('GET', '', password);
    await expect
      .poll(async () => (await system().catch(() => undefined))?.status, { timeout: 20_000 })
      .toBe(200);
    expect((await redfish('GET', '', 'wrong')).status).toBe(401);
    const reset = { ResetType: 'On' };
    expect((await redfish('POST', '/Actions/ComputerSystem.Reset', password, reset)).status).toBe(204);
    expect((await system()).text).toMatch(/"PowerState": "On"/);
    expect(await isPoweredOn(uefi)).toBe(true);
    await pullPlug(uefi);
  });
});
