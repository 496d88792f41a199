import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { PowerDriver } from '../../../src/rack/power/driver.ts';
import { type PowerDriverName, powerDrivers } from '../../../src/rack/power/drivers.ts';
import { freePort, type Peer, requireProgram, scratchDirectory, startPeer, untilReady } from './peers.ts';

const run = promisify(execFile);
const secretOf = (): string => randomBytes(12).toString('hex');
const [community, readOnly, authKey, privKey] = [secretOf(), secretOf(), secretOf(), secretOf()];
const signal = AbortSignal.timeout(120_000);

/** How each maker's MIB says that outlet 3 is on, as Net-SNMP's own client reads it. */
const makers: [PowerDriverName, string, string][] = [
  ['apc', '1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.3', '1'],
  ['eaton', '1.3.6.1.4.1.534.6.6.7.6.6.1.2.0.3', '1'],
  ['raritan', '1.3.6.1.4.1.13742.6.4.1.2.1.3.1.3', '7'],
];

describe("outlets behind Net-SNMP's snmpd", () => {
  let snmpd: Peer;
  let address: string;
  const drivers: PowerDriver[] = [];

  beforeAll(async () => {
    const directory = scratchDirectory();
    address = `127.0.0.1:${await freePort()}`;
    const script = `/usr/bin/env python3 ${resolve(import.meta.dirname, 'pdu.py')}`;
    const trees = ['318.1.1.12.3.3.1.1.4', '534.6.6.7.6.6.1', '13742.6.4.1.2.1'];
    const config = [
      `agentAddress udp:${address}`,
      `rwcommunity ${community} 127.0.0.1`,
      `rocommunity ${readOnly} 127.0.0.1`,
      `createUser operator SHA ${authKey} AES ${privKey}`,
      'rwuser operator auth',
      // One process for each tree: they need not agree, for a driver sees one of them.
      ...trees.map((tree) => `pass_persist .1.3.6.1.4.1.${tree} ${script}`),
    ];
    await writeFile(join(directory, 'snmpd.conf'), `${config.join('\n')}\n`, { mode: 0o600 });
    const flags = ['-f', '-C', '-c', join(directory, 'snmpd.conf'), '-Lo', '-I', '-smux'];
    const program = requireProgram('snmpd', 'snmpd');
    snmpd = startPeer(program, flags, directory, { SNMP_PERSISTENT_DIR: directory, MIBS: '' });
    await untilReady(snmpd, () => look('1.3.6.1.2.1.1.3.0'));
  });
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
    await snmpd?.stop();
  });

  /** What somebody else's client reads. */
  async function look(oid: string): Promise<string> {
    const flags = ['-v2c', '-c', community, '-Oqv', '-t', '2', '-r', '2', address, oid];
    return (await run('snmpget', flags)).stdout.trim();
  }

  function driverFor(
    name: PowerDriverName,
    parameters: Record<string, string>,
    secret: Record<string, string>,
    at = address,
  ): PowerDriver {
    const target = { address: at, username: secret.username ?? '', password: '', secret, parameters };
    const driver = powerDrivers[name]({ ...target, bootMode: 'UEFI' }, { log: silentLogger });
    drivers.push(driver);
    return driver;
  }

  const versions: [string, Record<string, string>, Record<string, string>][] = [
    ['1', { version: '1' }, { community }],
    ['2c', { version: '2c' }, { community }],
    ['3 without privacy', { version: '3' }, { username: 'operator', authKey }],
    ['3 with privacy', { version: '3' }, { username: 'operator', authKey, privKey }],
  ];
  const cases = makers.flatMap(([name, oid, on]) =>
    versions.map(([words, parameters, secret]) => ({ name, oid, on, words, parameters, secret })),
  );

  it.each(cases)('are switched: $name by SNMP $words', async ({ name, oid, on, parameters, secret }) => {
    const driver = driverFor(name, { ...parameters, outlet: '3' }, secret);
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(await look(oid)).toBe(on);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(await look(oid)).not.toBe(on);
  });

  it.each(['1', '2c', '3'])('are said to be missing by name: SNMP %s', async (version) => {
    const secret = version === '3' ? { username: 'operator', authKey } : { community };
    const driver = driverFor('apc', { version, outlet: '9' }, secret);
    await expect(driver.status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      retryable: false,
    });
  });

  it.each<[string, Record<string, string>, Record<string, string>, string, boolean]>([
    [
      'a community that may only read',
      { version: '2c' },
      { community: readOnly },
      'BmcPrivilegeTooLow',
      false,
    ],
    [
      'a wrong community, which is not answered',
      { version: '1' },
      { community: 'not this one' },
      'BmcUnreachable',
      true,
    ],
    [
      'a wrong key',
      { version: '3' },
      { username: 'operator', authKey: 'not the key' },
      'BmcAuthenticationFailed',
      false,
    ],
    ['an unknown user', { version: '3' }, { username: 'nobody', authKey }, 'BmcAuthenticationFailed', false],
  ])('name what is wrong with %s', async (_, parameters, secret, code, retryable) => {
    const driver = driverFor('apc', { ...parameters, outlet: '3' }, secret);
    const failure = await driver.on(signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, retryable });
    for (const text of Object.values(secret)) {
      if (text !== secret.username) expect(String(failure)).not.toContain(text);
    }
  });
});
