import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BmcCapability } from '../../api/bmc/driver.ts';
import { bmcDrivers } from '../../api/bmc/drivers.ts';
import { silentLogger } from '../../log/logger.ts';
import { consoleKindOf } from '../console/sources.ts';
import { chassisDrivers } from './chassis-drivers.ts';
import type { PowerDriver, PowerTarget } from './driver.ts';
import { type PowerDriverName, powerDrivers } from './drivers.ts';
import { selfSigned } from './testing/self-signed.ts';

/** Parameters with which a driver can be made. A driver without required ones needs no row. */
const parameters: Readonly<Partial<Record<PowerDriverName, Record<string, string>>>> = {
  apc: { outlet: '1' },
  dli: { outlet: '1' },
  eaton: { outlet: '1' },
  hmc: { server: 's', partition: 'p' },
  hmcz: { partition: 'p' },
  libvirt: { domain: 'vm' },
  moonshot: { transitAddress: '0x82', targetAddress: '0x72' },
  lxd: { instance: 'vm' },
  msftocs: { bladeId: '1' },
  mscm: { nodeId: 'c1n1' },
  proxmox: { vm: '100' },
  raritan: { outlet: '1' },
  recs: { nodeId: 'RCU_1_BB_1' },
  sm15k: { server: '1' },
  ucsm: { uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' },
  vmware: { vm: 'web' },
  webhook: { onPath: '/on', offPath: '/off', queryPath: '/status' },
};

function make(name: PowerDriverName): PowerDriver {
  const pair = selfSigned();
  const { privateKey } = generateKeyPairSync('ed25519');
  const target: PowerTarget = {
    ...{ address: name === 'libvirt' ? 'qemu:///system' : '127.0.0.1', username: 'u', password: 'p' },
    ...{ bootMode: 'UEFI', parameters: parameters[name] ?? {} },
    secret: {
      ...{ username: 'u', password: 'p', sshKnownHosts: 'h', community: 'c' },
      ...{ sshPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      ...{ certificate: pair.cert, key: pair.key },
    },
  };
  return powerDrivers[name](target, { log: silentLogger });
}

/** What of a driver shows that it can. Undefined: nothing does yet, so none may declare it. */
const evidence: Readonly<
  Record<BmcCapability, ((name: PowerDriverName, driver: PowerDriver) => boolean) | undefined>
> = {
  SoftOff: (_, driver) => driver.softOff !== undefined,
  // A declaration says for how long; that either is declared is the next test's.
  BootOnce: (name, { bootDevices }) => bootDevices.size > 0 && !bmcDrivers[name].can.includes('BootAlways'),
  BootAlways: (name, { bootDevices }) => bootDevices.size > 0 && !bmcDrivers[name].can.includes('BootOnce'),
  UefiHttp: (_, driver) => driver.bootDevices.has('UefiHttp'),
  VirtualMedia: (_, driver) => driver.bootDevices.has('VirtualMedia') && driver.ejectMedia !== undefined,
  Sensors: (_, driver) => driver.health !== undefined,
  Console: (name) => consoleKindOf[name] !== undefined,
  Enumerate: (name) => chassisDrivers[name] !== undefined,
};

const names = Object.keys(powerDrivers).filter((name): name is PowerDriverName => name in powerDrivers);

describe.each(names)('what the driver %s declares', (name) => {
  it('is what it can, no more and no less', async () => {
    const driver = make(name);
    const { can } = bmcDrivers[name];
    for (const [capability, shows] of Object.entries(evidence)) {
      const declared = can.some((each) => each === capability);
      expect({ capability, declared }).toEqual({ capability, declared: shows?.(name, driver) ?? false });
    }
    await driver.close();
  });

  it('is declared once', () => {
    expect(new Set(bmcDrivers[name].can).size).toBe(bmcDrivers[name].can.length);
  });
});
