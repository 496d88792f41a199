import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bmcDrivers } from '../../../src/api/bmc/drivers.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { secrets as secretKind } from '../../../src/kube/core-resources.ts';
import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { RackMeters } from '../../../src/metrics/rack-meters.ts';
import { createHealthLooks } from '../../../src/rack/health/health-looks.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { chassisDrivers } from '../../../src/rack/power/chassis-drivers.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import { openPowerDriver, type PowerDriverName, powerDrivers } from '../../../src/rack/power/drivers.ts';
import { listNodes } from '../../../src/rack/power/enumeration/list.ts';
import { executePowerRequest } from '../../../src/rack/power/executor.ts';
import { createPowerPolls } from '../../../src/rack/power/polls.ts';
import { rotateCredentials } from '../../../src/rack/power/rotation/rotate.ts';
import { readPowerTarget } from '../../../src/rack/power/target.ts';
import { startIpmiSimulator } from '../../../src/rack/power/testing/ipmi-simulator.ts';
import { startRedfishSimulator } from '../../../src/rack/power/testing/redfish-simulator.ts';
import { selfSigned } from '../../../src/rack/power/testing/self-signed.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import { aMachine } from '../../fixtures/objects.ts';
import { manners, type Parrot, startHttpParrot, startTcpParrot, startUdpParrot } from './parrot.ts';
import { quickTimings } from './peers.ts';

const namespace = 'metalwright-system';
const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };
/** For one operation: what a driver would still try after that shows nothing new. */
const opMs = 1_500;

/** What each driver needs besides its address. */
const parameters: Record<PowerDriverName, Record<string, string>> = {
  amt: {},
  apc: { outlet: '1', version: '3' },
  dli: { outlet: '1' },
  eaton: { outlet: '1' },
  hmc: { server: 's', partition: 'p' },
  hmcz: { partition: 'p' },
  ipmi: {},
  libvirt: { domain: 'd' },
  lxd: { instance: 'i' },
  moonshot: { targetAddress: '0x82' },
  mscm: { nodeId: 'c1n1' },
  msftocs: { bladeId: '1' },
  openbmc: {},
  proxmox: { vm: 'v' },
  raritan: { outlet: '1', version: '2c' },
  recs: { nodeId: 'n' },
  redfish: {},
  sm15k: { server: '0' },
  ucsm: { uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' },
  vmware: { vm: 'v' },
  webhook: { onPath: '/on', offPath: '/off', queryPath: '/state' },
  wedge: {},
};

/** Characters that every encoding treats in its own way. */
function makeSecret(length: number): string {
  return `${randomBytes(length)
    .toString('base64url')
    .slice(0, length - 5)}&<"+/`;
}

/** How a secret may look on the way. */
function formsOf(secret: string, username: string): string[] {
  const bytes = Buffer.from(secret);
  const basic = Buffer.from(`${username}:${secret}`);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
    basic.toString('base64').replace(/=+$/, ''),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  ];
}

/** Command lines of all that this process has started, as everybody on the node sees them. */
function commandLines(): string {
  const lines = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return [];
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
    } catch {
      return [];
    }
  });
  return lines.join('\n');
}

interface Scene {
  driver: PowerDriverName;
  address: string;
  username: string;
  secret: Record<string, string>;
}

/**
 * Everything that a rack does to a BMC, and all that leaves it: its log at every level, outcomes, errors, Events, Machines with their
 * status, metrics, and the command lines of its children.
 */
async function everythingSaid({ driver, address, username, secret }: Scene): Promise<string> {
  const said: string[] = [];
  const log = createLogger('rack', 'debug', { write: (line) => void said.push(line) });
  const lock = createBmcLock({ clock: systemClock, delay, pacing });
  const client = createMemoryClient();
  const data = Object.fromEntries(
    Object.entries(secret).map(([key, text]) => [
      key,
      Buffer.from(text, key === 'bmcKey' ? 'latin1' : 'utf8').toString('base64'),
    ]),
  );
  await client.create(secretKind, {
    metadata: { name: 'bmc', namespace },
    data: { ...data, username: Buffer.from(username).toString('base64') },
  });
  const { address: kind } = bmcDrivers[driver];
  const tls = kind === 'Url' ? { tls: { insecureSkipVerify: true } } : {};
  const bmc = { ...{ driver, address, credentialsSecret: 'bmc', parameters: parameters[driver] }, ...tls };
  await client.create(machineKind, aMachine({ name: 'm1', spec: { bmc } }));
  const machine = (await client.get(machineKind, 'm1'))!;
  const found = await readPowerTarget(machine, client, namespace);
  if (found === undefined) throw new Error('the machine has a BMC');
  const watch = setInterval(() => said.push(commandLines()), 20);
  const tell = (thrown: unknown): void => {
    for (let error = thrown, depth = 0; error !== undefined && depth < 8; depth += 1) {
      said.push(String(error), JSON.stringify(error) ?? '');
      if (!(error instanceof Error)) break;
      said.push(error.stack ?? '');
      // As a program would print it.
      log.warn({ err: error }, error.message);
      error = error.cause;
    }
  };
  const attempt = async (work: (signal: AbortSignal) => Promise<unknown> | undefined): Promise<void> => {
    try {
      said.push(JSON.stringify(await work(AbortSignal.timeout(opMs))) ?? '');
    } catch (error) {
      tell(error);
    }
  };
  const opened = await Promise.resolve()
    .then(() => openPowerDriver(driver, found.target, lock, { log }))
    .catch(tell);
  if (opened !== undefined) {
    await attempt((signal) => opened.status(signal));
    await attempt((signal) => opened.on(signal));
    await attempt((signal) => opened.off(signal));
    await attempt((signal) => opened.softOff?.(signal));
    for (const device of opened.bootDevices)
      await attempt((signal) => opened.setBootDevice(device, signal, { url: 'http://192.0.2.1/x' }));
    await attempt((signal) => opened.health?.({ cursor: undefined }, signal));
    const deps = {
      clock: systemClock,
      log,
      delay,
      record: async () => {},
      timings: { ...quickTimings, retryBudgetMs: 500, stateTimeoutMs: 1_000 },
    };
    await attempt((signal) =>
      executePowerRequest({ id: 'r', action: 'Cycle' }, undefined, opened, deps, signal),
    );
    await opened.close();
  }
  await attempt((signal) =>
    listNodes(bmc, { client, namespace, lock, log, drivers: chassisDrivers }, signal),
  );
  await attempt((signal) => rotateCredentials(found, 'next', { lock, log }, signal));
  const world = createWorld(client, log);
  world.start();
  await world.synced();
  const meter = new RackMeters();
  const events = { event: (...given: unknown[]) => void said.push(JSON.stringify(given)) };
  const polls = createPowerPolls({
    client,
    world,
    events,
    namespace,
    lock,
    clock: systemClock,
    log,
    intervalMs: 1,
  });
  await attempt((signal) => polls.poll(machine, signal));
  const looks = createHealthLooks({
    ...{ client, events, rackName: 'rack-1', namespace, lock, meter, clock: systemClock, log, intervalMs: 1 },
  });
  await attempt((signal) => looks.look(machine, signal));
  await world.stop();
  clearInterval(watch);
  said.push(JSON.stringify((await client.list(machineKind)).items), JSON.stringify(meter));
  return said.join('\n');
}

const { key: pemKey, cert } = selfSigned();
const pem: Readonly<Record<string, string>> = { key: pemKey, certificate: cert };

/** The keys of the driver's Secret, each with a secret of its own. */
function secretFor(driver: PowerDriverName): {
  username: string;
  secret: Record<string, string>;
  all: string[];
} {
  const { required, optional } = bmcDrivers[driver].secret;
  const isIpmi = driver === 'ipmi' || driver === 'moonshot';
  const entries = [...required, ...optional]
    .filter((key) => key !== 'username' && key !== 'sshKnownHosts')
    .map((key): [string, string] => [key, pem[key] ?? makeSecret(isIpmi ? 16 : 24)]);
  // Of a key, each line of its text; a certificate is no secret.
  const all = entries
    .filter(([key]) => key !== 'certificate')
    .flatMap(([, secret]) =>
      secret.split('\n').filter((line) => line.length > 10 && !line.startsWith('-----')),
    );
  const hosts = [...required, ...optional].some((key) => key === 'sshKnownHosts');
  return {
    ...{ username: 'rack', all },
    secret: Object.fromEntries([
      ...entries,
      ...(hosts ? [['sshKnownHosts', '127.0.0.1 ssh-ed25519 AAAA']] : []),
    ]),
  };
}

function expectNone(said: string, all: readonly string[], username: string): void {
  for (const secret of all) {
    for (const form of formsOf(secret, username)) {
      const at = said.indexOf(form);
      expect(at === -1 ? '' : said.slice(Math.max(0, at - 400), at + form.length + 100)).toBe('');
    }
  }
}

async function parrotsOf(driver: PowerDriverName, forms: readonly string[]): Promise<Parrot[]> {
  const { address } = bmcDrivers[driver];
  if (address === 'Url') return await Promise.all(manners.map((manner) => startHttpParrot(manner, forms)));
  const isUdp = ['ipmi', 'moonshot', 'apc', 'eaton', 'raritan'].includes(driver);
  return [isUdp ? await startUdpParrot(forms) : await startTcpParrot(forms)];
}

const names = Object.keys(powerDrivers).filter((name): name is PowerDriverName => name in powerDrivers);

describe('no password leaves a rack', () => {
  it.concurrent.each(names)(
    'of a BMC that repeats all that it hears: %s',
    async (driver) => {
      const { username, secret, all } = secretFor(driver);
      const parrots = await parrotsOf(
        driver,
        all.flatMap((one) => formsOf(one, username)),
      );
      try {
        const scenes = parrots.map(({ port }) => {
          const where = `127.0.0.1:${port}`;
          const address =
            bmcDrivers[driver].address === 'Url'
              ? `https://${where}`
              : driver === 'libvirt'
                ? `qemu+ssh://rack@${where}/system`
                : where;
          return everythingSaid({ driver, address, username, secret });
        });
        const said = (await Promise.all(scenes)).join('\n');
        // Of libvirt, ssh is not sent off with a key that is none.
        if (driver !== 'libvirt') expect(Math.min(...parrots.map(({ heard }) => heard()))).toBeGreaterThan(0);
        expectNone(said, all, username);
      } finally {
        for (const parrot of parrots) parrot.close();
      }
    },
    240_000,
  );

  it.each(['right', 'wrong'])(
    'of a BMC of Redfish or IPMI whose password is %s',
    async (which) => {
      for (const driver of ['redfish', 'ipmi'] as const) {
        const { username, secret, all } = secretFor(driver);
        const { bmcKey: _, ...plain } = secret;
        const taken = which === 'right' ? (secret.password ?? '') : 'another';
        const bmc =
          driver === 'redfish'
            ? await startRedfishSimulator({ username, password: taken })
            : await startIpmiSimulator({ [username]: taken });
        const address = 'address' in bmc ? bmc.address : `127.0.0.1:${bmc.port}`;
        try {
          const said = await everythingSaid({ driver, address, username, secret: plain });
          expect(said).toContain(which === 'right' ? '"On"' : 'BmcAuthenticationFailed');
          expectNone(said, all, username);
        } finally {
          await bmc.close();
        }
      }
    },
    240_000,
  );
});
