import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { HardwareReport, PowerDriver } from '../driver.ts';
import { type RedfishSimulator, startRedfishSimulator } from '../testing/redfish-simulator.ts';
import { createRedfishDriver } from './driver.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };
const timings = { requestMs: 5_000, getRetriesMs: [], taskPollMs: 1, taskLongestMs: 50 };
const signal = AbortSignal.timeout(60_000);
const at = (path: string) => ({ '@odata.id': path });

let bmc: RedfishSimulator;
let driver: PowerDriver;

beforeEach(async () => {
  bmc = await startRedfishSimulator(user);
  driver = createRedfishDriver(
    { address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
    { log: silentLogger, timings },
  );
  bmc.faults.system = {
    Status: { State: 'Enabled', Health: 'OK', HealthRollup: 'Warning' },
    BiosVersion: '2.4.1',
    SecureBoot: at('/s/SecureBoot'),
    ProcessorSummary: { Status: { Health: 'OK' } },
    MemorySummary: { Status: { Health: 'Warning' } },
    Links: { Chassis: [at('/c/1')], ManagedBy: [at('/m/1')] },
  };
  bmc.faults.resources = {
    '/s/SecureBoot': { SecureBootCurrentBoot: 'Enabled', SecureBootEnable: true },
    '/c/1': { Status: { Health: 'OK' }, Thermal: at('/c/1/Thermal'), Power: at('/c/1/Power') },
    '/c/1/Thermal': {
      Temperatures: [
        { Name: 'CPU', ReadingCelsius: 41, Status: { State: 'Enabled', Health: 'OK' } },
        { Name: 'CPU', ReadingCelsius: 43 },
        { Name: 'Slot 9', ReadingCelsius: 0, Status: { State: 'Absent' } },
        { Name: 'Broken', ReadingCelsius: 'warm' },
        null,
      ],
      Fans: [{ Name: 'Fan 3', Reading: 0, ReadingUnits: 'RPM', Status: { Health: 'Critical' } }],
    },
    '/c/1/Power': { PowerControl: [{ Name: 'System', PowerConsumedWatts: 212 }] },
    '/m/1': { FirmwareVersion: '7.10', LogServices: at('/m/1/logs') },
    '/m/1/logs': { Members: [at('/m/1/logs/Audit'), at('/m/1/logs/Sel')] },
    '/m/1/logs/Sel': { Entries: at('/m/1/logs/Sel/Entries') },
    '/m/1/logs/Sel/Entries': { Members: [entry(2, 'Critical', 'PSU 1 lost'), entry(1, 'OK', 'power on')] },
  };
});

afterEach(async () => {
  await driver.close();
  await bmc.close();
});

function entry(number: number, severity: string, message: string) {
  const created = `2026-01-01T00:0${number}:00Z`;
  return { Id: String(number), Created: created, Severity: severity, Message: message };
}

async function look(cursor?: string): Promise<HardwareReport> {
  return await driver.health!({ cursor }, signal);
}

describe('health through Redfish', () => {
  it('is what system, chassis and manager say', async () => {
    expect(await look()).toMatchObject({
      overall: 'Warning',
      secureBoot: 'Enabled',
      firmware: { BIOS: '2.4.1', BMC: '7.10' },
      components: [
        { name: 'Memory', health: 'Warning' },
        { name: 'Fan 3', health: 'Critical' },
      ],
    });
  });

  it('has the sensors that read something, each under a name of its own', async () => {
    expect((await look()).sensors).toEqual([
      { name: 'CPU', kind: 'Temperature', unit: 'Celsius', value: 41 },
      { name: 'CPU 2', kind: 'Temperature', unit: 'Celsius', value: 43 },
      { name: 'Fan 3', kind: 'Fan', unit: 'RPM', value: 0 },
      { name: 'System', kind: 'Power', unit: 'Watts', value: 212 },
    ]);
  });

  it('reads the subsystems that newer BMCs have in the place of Thermal and Power', async () => {
    bmc.faults.resources = {
      ...bmc.faults.resources,
      '/c/1': { ThermalSubsystem: at('/c/1/T'), EnvironmentMetrics: at('/c/1/E') },
      '/c/1/T': { ThermalMetrics: at('/c/1/T/M'), Fans: at('/c/1/T/F') },
      '/c/1/T/M': { TemperatureReadingsCelsius: [{ DeviceName: 'Inlet', Reading: 24 }] },
      '/c/1/T/F': { Members: [at('/c/1/T/F/1')] },
      '/c/1/T/F/1': { Name: 'Fan 1', SpeedPercent: { Reading: 30 }, Status: { Health: 'OK' } },
      '/c/1/E': { PowerWatts: { Reading: 99 } },
    };
    expect((await look()).sensors).toEqual([
      { name: 'Inlet', kind: 'Temperature', unit: 'Celsius', value: 24 },
      { name: 'Fan 1', kind: 'Fan', unit: 'Percent', value: 30 },
      { name: 'Chassis', kind: 'Power', unit: 'Watts', value: 99 },
    ]);
  });

  it('tells of the event log what came since the last look, and nothing at the first', async () => {
    const first = await look();
    expect(first.log).toMatchObject({ news: [], critical: 1 });
    bmc.faults.resources['/m/1/logs/Sel/Entries'] = {
      Members: [entry(1, 'OK', 'power on'), entry(2, 'Critical', 'PSU 1 lost'), entry(3, 'Warning', 'warm')],
    };
    const second = await look(first.log.cursor);
    expect(second.log.news).toEqual([
      { at: '2026-01-01T00:03:00.000Z', severity: 'Warning', message: 'warm' },
    ]);
    expect((await look(second.log.cursor)).log.news).toEqual([]);
  });

  it('is nothing but the overall state of a BMC that has nothing else', async () => {
    bmc.faults.system = { Status: { Health: 'OK' } };
    expect(await look()).toEqual({
      ...{ overall: 'OK', components: [], sensors: [], secureBoot: undefined, firmware: {} },
      log: { news: [], cursor: undefined, critical: 0 },
    });
  });

  it('is unknown where the BMC says nothing at all', async () => {
    bmc.faults.system = {};
    expect((await look()).overall).toBe('Unknown');
  });

  it('lists firmware, without what is only available', async () => {
    bmc.faults.resources = {
      ...bmc.faults.resources,
      '/u': { FirmwareInventory: at('/u/f') },
      '/u/f': { Members: [at('/u/f/1'), at('/u/f/2'), at('/u/f/3')] },
      '/u/f/1': { Id: 'Installed-1', Name: 'NIC', Version: '22.0' },
      '/u/f/2': { Id: 'Available-1', Name: 'NIC', Version: '23.0' },
      '/u/f/3': { Id: 'Installed-2', Name: 'Disk 0', Version: 'GA7' },
    };
    bmc.faults.misanswer = ({ path }) =>
      path === '/redfish/v1/'
        ? {
            status: 200,
            body: {
              Systems: at('/redfish/v1/Systems'),
              UpdateService: at('/u'),
              Links: { Sessions: at('/redfish/v1/SessionService/Sessions') },
            },
          }
        : undefined;
    expect((await look()).firmware).toEqual({ BIOS: '2.4.1', BMC: '7.10', NIC: '22.0', 'Disk 0': 'GA7' });
  });

  it('asks one thing at a time, each in its turn', async () => {
    let [running, turns, most] = [0, 0, 0];
    await driver.health!(
      {
        cursor: undefined,
        async turn(work) {
          turns += 1;
          running += 1;
          most = Math.max(most, running);
          return await work().finally(() => {
            running -= 1;
          });
        },
      },
      signal,
    );
    expect(most).toBe(1);
    expect(turns).toBeGreaterThan(8);
  });

  it('is an error of the BMC that does not answer', async () => {
    await bmc.close();
    await expect(look()).rejects.toMatchObject({ code: 'BmcUnreachable' });
    bmc = await startRedfishSimulator(user);
  });
});
