import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { basicAuthorization } from '../http/client.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { createMsftocsDriver, enumerateMsftocs } from './driver.ts';

const username = 'operator';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);
const contracts = 'http://schemas.datacontract.org/2004/07/Microsoft.GFS.WCS.Contracts';

interface Blade {
  supply: boolean;
  on: boolean;
  nextBoot: string;
}

/** A chassis manager, from its published service contract. */
function simulator() {
  const blades = new Map<number, Blade>(
    [1, 2].map((id) => [id, { supply: true, on: false, nextBoot: 'NoOverride' }]),
  );
  const wrap = (kind: string, code: string, inner = ''): ServiceAnswer => ({
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body: `<${kind} xmlns="${contracts}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><completionCode>${code}</completionCode><apiVersion>1</apiVersion><statusDescription/>${inner}</${kind}>`,
  });
  const bladeInfo = (id: number, { supply, on }: Blade): string =>
    `<BladeInfo><completionCode>Success</completionCode><apiVersion>1</apiVersion><statusDescription/><bladeNumber>${id}</bladeNumber><bladeGuid>${'0'.repeat(8)}-0000-0000-0000-000000000000</bladeGuid><bladeName>BLADE${id}</bladeName><powerState>${supply && on ? 'ON' : 'OFF'}</powerState><bladeMacAddress><NicInfo><completionCode>Success</completionCode><deviceId>1</deviceId><macAddress>02:00:00:00:00:0${id}</macAddress></NicInfo><NicInfo><completionCode>Success</completionCode><deviceId>2</deviceId><macAddress>Not Applicable</macAddress></NicInfo></bladeMacAddress></BladeInfo>`;

  const commands: Readonly<Record<string, (blade: Blade, query: URLSearchParams) => string>> = {
    GetBladeState: () => 'Success',
    SetPowerOn: (blade) => {
      blade.supply = true;
      return 'Success';
    },
    SetBladeOn: (blade) => {
      if (!blade.supply) return 'DevicePoweredOff';
      blade.on = true;
      return 'Success';
    },
    SetBladeOff: (blade) => {
      blade.on = false;
      return 'Success';
    },
    SetNextBoot: (blade, query) => {
      blade.nextBoot = ['bootType', 'uefi', 'persistent'].map((key) => query.get(key)).join(' ');
      return 'Success';
    },
  };
  return {
    blades,
    handle({ method, path, headers }: ServiceRequest): ServiceAnswer | undefined {
      if (headers.authorization !== basicAuthorization(username, password)) return { status: 401 };
      const url = new URL(path, 'http://chassis');
      const command = url.pathname.slice(1);
      if (method !== 'GET') return { status: 405 };
      if (command === 'GetChassisInfo') {
        const empty =
          '<BladeInfo><completionCode>Timeout</completionCode><bladeNumber>3</bladeNumber></BladeInfo>';
        const list = [...blades].map(([id, blade]) => bladeInfo(id, blade)).join('') + empty;
        return wrap('ChassisInfoResponse', 'Success', `<bladeCollections>${list}</bladeCollections>`);
      }
      const run = commands[command];
      if (run === undefined) return undefined;
      const blade = blades.get(Number(url.searchParams.get('bladeId')));
      if (blade === undefined) return wrap('BladeResponse', 'ParameterOutOfRange');
      const code = run(blade, url.searchParams);
      const state = `<bladeNumber>1</bladeNumber><bladeState>${blade.on ? 'ON' : 'OFF'}</bladeState>`;
      return wrap(`${command}Response`, code, state);
    },
  };
}

describe("power of a blade of Microsoft's Open CloudServer", () => {
  let chassis: ReturnType<typeof simulator>;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const target = (changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI' },
    parameters: { bladeId: '2' },
    ...changes,
  });
  const open = (changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createMsftocsDriver(target(changes));
    drivers.push(driver);
    return driver;
  };

  beforeEach(async () => {
    chassis = simulator();
    instead = undefined;
    service = await startHttpService((request) => instead ?? chassis.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it('turns on and off, and no other blade with it', async () => {
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(chassis.blades.get(1)?.on).toBe(false);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
  });

  it('gives a blade without supply its supply back, and asks for another try', async () => {
    const blade = chassis.blades.get(2)!;
    blade.supply = false;
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcBusy', retryable: true });
    expect(blade).toMatchObject({ supply: true, on: false });
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
  });

  it.each([
    ['Network', 'UEFI', '2 true false'],
    ['Network', 'BIOS', '2 false false'],
    ['Disk', 'UEFI', '3 true false'],
  ] as const)('sets %s for one boot of %s', async (device, bootMode, expected) => {
    await open({ bootMode }).setBootDevice(device, signal);
    expect(chassis.blades.get(2)?.nextBoot).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['Timeout', 'BmcBusy', true],
    ['CommandNotValidAtThisTime', 'BmcBusy', true],
    ['CommandNotValidForBlade', 'BmcUnsupported', false],
    ['SomethingNew', 'BmcProtocolError', false],
  ])('names what the completion code %s means', async (completion, code, retryable) => {
    instead = { body: `<BladeResponse><completionCode>${completion}</completionCode></BladeResponse>` };
    await expect(open().on(signal)).rejects.toMatchObject({ code, retryable });
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['is restarting', { status: 503 }, 'BmcBusy', true],
    ['answers with no XML', { body: 'Service' }, 'BmcProtocolError', false],
    ['answers with half an answer', { body: '<BladeStateResponse><completion' }, 'BmcProtocolError', false],
    [
      'tries to make the reader read its files',
      { body: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' },
      'BmcProtocolError',
      false,
    ],
  ])('names a manager that %s', async (_, answer, code, retryable) => {
    instead = answer;
    await expect(open().status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('knows no blade that the chassis has not', async () => {
    await expect(open({ parameters: { bladeId: '24' } }).status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
    });
  });

  it('asks a wrong password only once, and does not say it', async () => {
    const failure = await open({ password: 'not-the-one' })
      .on(signal)
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    expect(service.requests).toHaveLength(1);
    expect(String(failure)).not.toContain('not-the-one');
  });

  it('lists the blades that are there', async () => {
    chassis.blades.get(1)!.on = true;
    const nodes = await enumerateMsftocs(target({ parameters: {} }), { log: silentLogger }, signal);
    const common = { architecture: 'amd64' };
    expect(nodes).toEqual([
      {
        ...{ name: 'BLADE1', parameters: { bladeId: '1' }, macAddresses: ['02:00:00:00:00:01'] },
        ...{ ...common, powerState: 'On' },
      },
      {
        ...{ name: 'BLADE2', parameters: { bladeId: '2' }, macAddresses: ['02:00:00:00:00:02'] },
        ...{ ...common, powerState: 'Off' },
      },
    ]);
  });
});
