import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { createHmczSimulator, refusal } from '../testing/hmcz-simulator.ts';
import { type HttpService, type ServiceAnswer, startHttpService } from '../testing/http-service.ts';
import { createHmczDriver } from './driver.ts';
import { enumerateHmcz } from './enumerate.ts';
import { stateOf } from './partitions.ts';

const username = 'rack';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);

describe('power through the HMC of IBM Z', () => {
  let hmc: ReturnType<typeof createHmczSimulator>;
  let service: HttpService;
  const drivers: PowerDriver[] = [];
  const targetFor = (
    parameters: Record<string, string>,
    changes: Partial<PowerTarget> = {},
  ): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI', parameters },
    ...changes,
  });
  const driverFor = (parameters: Record<string, string>, changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createHmczDriver(targetFor(parameters, changes));
    drivers.push(driver);
    return driver;
  };
  const web = { partition: 'web-7' };
  const logons = () =>
    service.requests.filter(({ method, path }) => method === 'POST' && path === '/api/sessions');

  beforeEach(async () => {
    hmc = createHmczSimulator({ username, password });
    service = await startHttpService(hmc.handle);
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it('starts and stops a partition in one session that it ends, and leaves no job', async () => {
    const driver = driverFor(web);
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(hmc.orders).toEqual(['start web-7', 'stop web-7']);
    expect(hmc.jobs.size).toBe(0);
    expect(logons()).toHaveLength(1);
    await driver.close();
    expect(hmc.sessions.size).toBe(0);
  });

  it('does not give an order again that is under way', async () => {
    hmc.faults.slow = true;
    const driver = driverFor(web);
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('Unknown');
    await driver.on(signal);
    expect(hmc.orders).toEqual(['start web-7']);
  });

  it("tells a job's failure in the HMC's words, once", async () => {
    hmc.faults.jobFails = 'The boot device is not set.';
    const driver = driverFor(web);
    await driver.on(signal);
    await expect(driver.status(signal)).rejects.toMatchObject({
      code: 'BmcProtocolError',
      retryable: false,
      message: expect.stringContaining('The boot device is not set.'),
    });
    expect(await driver.status(signal)).toBe('Off');
    expect(hmc.jobs.size).toBe(0);
  });

  it('boots from the network by the first NIC, or by the one that was chosen', async () => {
    const driver = driverFor(web);
    const [partition] = hmc.partitions;
    const nics = [0, 1].map((nth) => `${partition?.uri}/nics/${nth}`);
    await driver.setBootDevice('Network', signal);
    expect(partition?.properties).toMatchObject({
      'boot-device': 'network-adapter',
      'boot-network-device': nics[0],
    });
    Object.assign(partition?.properties ?? {}, { 'boot-network-device': nics[1] });
    await driver.setBootDevice('Network', signal);
    expect(partition?.properties).toMatchObject({ 'boot-network-device': nics[1] });
  });

  it('boots from the disk by the volume of its storage groups that is for booting', async () => {
    await driverFor(web).setBootDevice('Disk', signal);
    expect(hmc.partitions[0]?.properties).toMatchObject({
      'boot-device': 'storage-volume',
      'boot-storage-volume': '/api/storage-groups/1/storage-volumes/boot',
    });
  });

  it.each([
    ['Network', 'no NIC'],
    ['Disk', 'no boot volume'],
  ] as const)('says that a partition cannot boot from %s', async (device, says) => {
    const bare = driverFor({ partition: 'twin', cpc: 'M35' });
    await expect(bare.setBootDevice(device, signal)).rejects.toMatchObject({
      code: 'BmcUnsupported',
      message: expect.stringContaining(says),
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['is on no CPC', { partition: 'none' }, 'no CPC in DPM mode has'],
    ['is on several', { partition: 'twin' }, 'give one: M35, M36'],
    ['is on another', { partition: 'web-7', cpc: 'M36' }, 'the CPC M36'],
  ])('says that a partition %s', async (_, parameters, says) => {
    const message = expect.stringContaining(says);
    await expect(driverFor(parameters).status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      message,
    });
  });

  it('opens a session anew that has ended, once', async () => {
    const driver = driverFor(web);
    await driver.status(signal);
    hmc.sessions.clear();
    expect(await driver.status(signal)).toBe('Off');
    expect(logons()).toHaveLength(2);
  });

  it('asks a wrong password only once, and never repeats it', async () => {
    const wrong = randomBytes(9).toString('hex');
    await expect(driverFor(web, { password: wrong }).status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
      message: expect.not.stringContaining(wrong),
    });
    expect(service.requests).toHaveLength(1);
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['no JSON', { body: '<html>' }, 'BmcProtocolError', true],
    ['JSON of another shape', { body: { cpcs: [{ name: 7 }] } }, 'BmcProtocolError', true],
    [
      'a link to elsewhere',
      { body: { cpcs: [{ name: 'M35', 'object-uri': 'http://x/' }] } },
      'BmcProtocolError',
      true,
    ],
    ['a lack of rights', refusal(403, 1, 'Not permitted.'), 'BmcPrivilegeTooLow', false],
    ['sessions that end at once', refusal(403, 5, 'Not valid.'), 'BmcAuthenticationFailed', false],
    ['an object that is busy', refusal(409, 2, 'Busy.'), 'BmcBusy', true],
    ['an HMC that starts', refusal(503, 1, 'Not ready.'), 'BmcBusy', true],
  ])('takes %s for what it is', async (_, answer, code, retryable) => {
    hmc.faults.answer = (_method, path) => (path === '/api/cpcs' ? answer : undefined);
    await expect(driverFor(web).status(signal)).rejects.toMatchObject({ code, retryable });
    expect(service.requests.length).toBeLessThan(5);
  });

  it('stops asking when it is told to, also while an answer does not come', async () => {
    hmc.faults.answer = () => ({ delayMs: 30_000 });
    const stop = new AbortController();
    const status = driverFor(web).status(stop.signal);
    await expect.poll(() => service.requests.length).toBe(1);
    stop.abort(new Error('enough'));
    await expect(status).rejects.toThrow('enough');
  });

  it.each([
    ['active', 'On'],
    ['degraded', 'On'],
    ['paused', 'On'],
    ['terminated', 'On'],
    ['stopped', 'Off'],
    ['reservation-error', 'Off'],
    ['starting', 'Unknown'],
    ['stopping', 'Unknown'],
    ['communications-not-active', 'Unknown'],
  ] as const)('takes a partition that is %s for %s', (status, state) => {
    expect(stateOf(status)).toBe(state);
  });

  it('lists the partitions of all CPCs in DPM mode, and ends its session', async () => {
    const nodes = await enumerateHmcz(targetFor({}), { log: silentLogger }, signal);
    expect(nodes.map(({ name, parameters, macAddresses }) => ({ name, parameters, macAddresses }))).toEqual([
      {
        name: 'M35/web-7',
        parameters: { partition: 'web-7', cpc: 'M35' },
        macAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:02'],
      },
      { name: 'M35/twin', parameters: { partition: 'twin', cpc: 'M35' }, macAddresses: [] },
      {
        name: 'M36/twin',
        parameters: { partition: 'twin', cpc: 'M36' },
        macAddresses: ['02:00:00:00:00:03'],
      },
    ]);
    expect(hmc.sessions.size).toBe(0);
  });
});
