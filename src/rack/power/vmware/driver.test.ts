import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { type HttpService, type ServiceAnswer, startHttpService } from '../testing/http-service.ts';
import { aMachine, type VimSimulator, vimSimulator } from '../testing/vim-simulator.ts';
import { createVmwareDriver } from './driver.ts';
import { enumerateVmware } from './machines.ts';

const username = 'administrator@vsphere.local';
const password = `${randomBytes(12).toString('hex')}<&>`;
const signal = AbortSignal.timeout(60_000);
const [{ uuid, instanceUuid, name }, other] = [aMachine(1), aMachine(2)];

describe('power of a virtual machine of vSphere', () => {
  let vcenter: VimSimulator;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const target = (changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI' },
    parameters: { vm: uuid },
    ...changes,
  });
  const open = (changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createVmwareDriver(target(changes));
    drivers.push(driver);
    return driver;
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

  beforeEach(async () => {
    vcenter = vimSimulator({ username, password });
    instead = undefined;
    service = await startHttpService((request) => instead ?? vcenter.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it.each([
    ['BIOS UUID', uuid],
    ['BIOS UUID in capitals', uuid.toUpperCase()],
    ['instance UUID', instanceUuid],
    ['name', name],
  ])('is switched by its %s, in one session', async (_, vm) => {
    const driver = open({ parameters: { vm } });
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(vcenter.machines[1]?.power).toBe('poweredOff');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(vcenter.calls.filter((call) => call === 'Login')).toHaveLength(1);
    await driver.close();
    expect(vcenter.sessions.size).toBe(0);
  });

  it('is found by its name on a later page, and with signs that vSphere escapes', async () => {
    vcenter.page = 1;
    vcenter.machines[1]!.name = 'a%2fb';
    expect(await open({ parameters: { vm: 'a/b' } }).status(signal)).toBe('Off');
  });

  it.each<[string, string]>([
    ['nobody', 'cccccccc-0000-0000-0000-000000000000'],
    ['nobody', 'no such name'],
    ['a copy that shares its BIOS UUID', uuid],
    ['a copy that shares its name', name],
  ])('is not powered when it is %s', async (who, vm) => {
    if (who !== 'nobody') Object.assign(vcenter.machines[1]!, { uuid, name });
    const failure = await failureOf(open({ parameters: { vm } }).on(signal));
    expect(failure).toMatchObject({ code: 'BmcSystemNotFound', retryable: false });
    expect(vcenter.machines.every(({ power }) => power === 'poweredOff')).toBe(true);
  });

  it('opens a session anew that has ended, once', async () => {
    const driver = open();
    await driver.status(signal);
    vcenter.sessions.clear();
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(vcenter.calls.filter((call) => call === 'PowerOnVM_Task')).toHaveLength(2);
    expect(vcenter.calls.filter((call) => call === 'Login')).toHaveLength(2);
  });

  it('asks a wrong password only once, and says neither it nor the right one', async () => {
    const failure = await failureOf(open({ password: 'not-the-one' }).on(signal));
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    expect(vcenter.calls.filter((call) => call === 'Login')).toHaveLength(1);
    expect(`${failure}${(failure as Error).stack}`).not.toContain('not-the-one');
  });

  it('is as well when somebody else was faster', async () => {
    vcenter.machines[0]!.power = 'poweredOn';
    await open().on(signal);
    expect(vcenter.machines[0]?.power).toBe('poweredOn');
  });

  it.each<[string, string, boolean]>([
    ['TaskInProgress', 'BmcBusy', true],
    ['HostNotConnected', 'BmcBusy', true],
    ['NoPermission', 'BmcPrivilegeTooLow', false],
    ['InsufficientMemoryResourcesFault', 'BmcUnsupported', false],
    ['InvalidPowerState', 'BmcUnsupported', false],
  ])('says what a task ended with: %s', async (fault, code, retryable) => {
    vcenter.faults.set('PowerOnVM_Task', fault);
    const failure = await failureOf(open().on(signal));
    expect(failure).toMatchObject({ code, retryable, message: expect.stringContaining(fault) });
  });

  it('is asked to switch itself off', async () => {
    vcenter.machines[0]!.power = 'poweredOn';
    await open().softOff?.(signal);
    expect(vcenter.machines[0]?.power).toBe('poweredOff');
    vcenter.faults.set('ShutdownGuest', 'ToolsUnavailable');
    await expect(open().softOff?.(signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });

  it.each([
    ['Network', ['Ethernet', '4000'], ['Ethernet', '4001'], ['Disk', '2000']],
    ['Disk', ['Disk', '2000'], ['Ethernet', '4000'], ['Ethernet', '4001']],
  ] as const)('boots from %s first', async (device, ...expected) => {
    vcenter.machines[0]!.macAddresses.push('00:50:56:00:00:99');
    await open().setBootDevice(device, signal);
    expect(vcenter.machines[0]?.bootOrder).toEqual(
      expected.map(([kind, key]) => `VirtualMachineBootOptionsBootable${kind}Device ${key}`),
    );
  });

  it('has nothing to boot from the network with', async () => {
    vcenter.machines[0]!.macAddresses = [];
    await expect(open().setBootDevice('Network', signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });

  it('is in no state that a suspended machine has', async () => {
    vcenter.machines[0]!.power = 'suspended';
    expect(await open().status(signal)).toBe('Unknown');
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['is starting', { status: 503 }, 'BmcBusy', true],
    ['answers with a web page', { body: '<html><body>vSphere</body></html>' }, 'BmcProtocolError', false],
    ['answers with half an answer', { body: '<soapenv:Envelope xmlns' }, 'BmcProtocolError', false],
    ['answers to something else', { body: '<a><Body><b/></Body></a>' }, 'BmcProtocolError', false],
    ['is no vSphere', { status: 404 }, 'BmcUnsupported', false],
  ])('names a server that %s', async (_, answer, code, retryable) => {
    instead = answer;
    await expect(open().status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('waits no longer for a server than it is asked to', async () => {
    instead = { delayMs: 60_000 };
    const reason = new Error('enough');
    const controller = new AbortController();
    const status = failureOf(open().status(controller.signal));
    await expect.poll(() => service.requests.length).toBe(1);
    controller.abort(reason);
    expect(await status).toBe(reason);
  });

  it('lists all machines but templates, and leaves no session', async () => {
    vcenter.page = 1;
    vcenter.machines.push({ ...aMachine(3), template: true });
    vcenter.machines[1]!.power = 'poweredOn';
    const nodes = await enumerateVmware(target({ parameters: {} }), { log: silentLogger }, signal);
    expect(nodes.map(({ powerState }) => powerState)).toEqual(['Off', 'On']);
    expect(nodes[1]).toEqual({
      ...{ name: other.name, parameters: { vm: other.instanceUuid }, macAddresses: ['00:50:56:00:00:02'] },
      ...{ systemUuid: other.uuid, architecture: 'amd64', powerState: 'On' },
    });
    expect(vcenter.sessions.size).toBe(0);
  });
});
