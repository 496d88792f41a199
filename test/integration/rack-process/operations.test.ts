import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../../../src/api/conditions.ts';
import { fabricKind } from '../../../src/api/fabric/schema.ts';
import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { aMachine } from '../controllers/setting.ts';
import { createDhclient } from '../netns/dhclient.ts';
import { type Background, requireTools } from '../netns/namespaces.ts';
import { requireProgram } from '../power/peers.ts';
import { writeSerialFiles } from '../power/serial-peer.ts';
import { eventually, type RackProcess, type Site, startSite } from './site.ts';

let site: Site;
let rack: RackProcess;
let squatter: Background;

beforeAll(async () => {
  requireTools('dhclient', 'curl', 'ip', 'dnsmasq');
  site = await startSite();
  squatter = site.node.start([
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root'],
    ...['--enable-tftp', `--tftp-root=${site.directory}`, '--pid-file=', '--log-facility=-'],
  ]);
  await squatter.until(/TFTP root/);
  rack = site.startRack();
  await rack.says(/"msg":"ready"/);
}, 300_000);
afterAll(async () => {
  await rack?.kill().catch(() => {});
  await site?.stop();
});
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(rack.output().split('\n').slice(-40).join('\n')));
});

const condition = async (type: string) => {
  const self = await site.client.get(rackKind, 'rack-1');
  return findCondition(self?.status?.conditions, type);
};

describe('a rack that finds a port taken', () => {
  it('says by whom in a condition of its own, and serves all else', async () => {
    const seen = await eventually('the condition', () => condition('TftpServing'));
    expect(seen).toMatchObject({ status: 'False', reason: 'PortInUse' });
    expect(seen.message).toMatch(/UDP port 69 is held by dnsmasq \(pid \d+/);
    expect(await condition('Dhcp4Serving')).toMatchObject({ status: 'True' });
    expect(await condition('HttpServing')).toMatchObject({ status: 'True' });
    expect(await condition('Ready')).toMatchObject({ status: 'False', reason: 'ServiceFailed' });
    const folder = join(site.directory, 'dhclient');
    mkdirSync(folder);
    const client = createDhclient(site.machine, 'nic0', folder);
    expect((await client.obtain()).ip_address).toMatch(/^10\.77\.0\.2\d\d$/);
    await client.vanish();
  });

  it('serves when the port is free', async () => {
    await squatter.stop('SIGKILL');
    await eventually('the service', async () => (await condition('TftpServing'))?.status === 'True');
    expect(await condition('Ready')).toMatchObject({ status: 'True' });
  });
});

/** Status and body, from the rack's own node. */
async function ask(
  path: string,
  token?: string,
  ...args: string[]
): Promise<{ status: number; body: string }> {
  const authorization = token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`];
  const { output } = await site.node.run([
    ...['curl', '-sS', '--max-time', '20', '-w', '\n%{http_code}', ...authorization, ...args],
    `http://127.0.0.1:7481${path}`,
  ]);
  const at = output.lastIndexOf('\n');
  return { status: Number(output.slice(at + 1)), body: output.slice(0, at) };
}

async function tokenOf(account: string): Promise<string> {
  return (await site.kubectl.run('create', 'token', account)).trim();
}

describe('the admin endpoint', () => {
  let reader: string;
  let stranger: string;

  beforeAll(async () => {
    const { kubectl } = site;
    for (const account of ['reader', 'stranger']) await kubectl.run('create', 'serviceaccount', account);
    await kubectl.run(
      ...['create', 'clusterrole', 'rack-reader', '--verb=get'],
      ...['/metrics', '/leases', '/sensors', '/console-log', '/status'].map(
        (path) => `--non-resource-url=${path}`,
      ),
    );
    await kubectl.run(
      ...['create', 'clusterrolebinding', 'rack-reader', '--clusterrole=rack-reader'],
      '--serviceaccount=default:reader',
    );
    reader = await tokenOf('reader');
    stranger = await tokenOf('stranger');
  });

  it.each(['/healthz', '/readyz'])('answers everybody at %s', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 200 });
  });

  it.each(['/metrics', '/leases', '/sensors', '/console-log', '/status', '/nothing'])(
    'keeps %s from who may not',
    async (path) => {
      expect((await ask(path)).status).toBe(401);
      expect((await ask(path, 'not.a.token')).status).toBe(401);
      expect((await ask(path, stranger)).status).toBe(403);
    },
  );

  it('shows what sensors read to who may see it', async () => {
    const { status, body } = await ask('/sensors', reader);
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { items: [] } });
    expect(await ask('/sensors?limit=0', reader)).toMatchObject({ status: 400 });
  });

  it('shows what machines said to who may see it', async () => {
    const { status, body } = await ask('/console-log', reader);
    expect({ status, body: JSON.parse(body) }).toEqual({
      ...{ status: 200, body: { instance: expect.any(String), items: [], last: 0 } },
    });
    expect(await ask('/console-log?limit=0', reader)).toMatchObject({ status: 400 });
  });

  it('shows what a machine says on its serial line while it is commissioned', async () => {
    const user = { username: 'operator', password: randomBytes(7).toString('hex') };
    const directory = join(site.directory, 'serial');
    mkdirSync(directory);
    const [port, serialPort] = [6230, 6231];
    const ipmiSim = requireProgram('ipmi_sim', 'openipmi');
    const speaker = `require('node:net').createServer((line) => setInterval(() => line.write('tick\\r\\n'), 200)).listen(${serialPort}, '127.0.0.1', () => console.log('listening'))`;
    const line = site.node.start([process.execPath, '-e', speaker]);
    await line.until(/listening/);
    const bmc = site.node.start([ipmiSim, ...writeSerialFiles(directory, { user, port, serialPort })]);
    try {
      const data = Object.fromEntries(
        Object.entries(user).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      );
      await site.client.create(secrets, { metadata: { name: 'bmc', namespace: 'metalwright-system' }, data });
      const machine = aMachine('talks', 9);
      const access = { driver: 'ipmi', address: `127.0.0.1:${port}`, credentialsSecret: 'bmc' } as const;
      await site.client.create(machineKind, { ...machine, spec: { ...machine.spec, bmc: access } });
      const enter = (phase: MachinePhase) => {
        const since = new Date().toISOString();
        // What the power order of a commissioning leaves behind.
        const bmcReach = [{ rack: 'rack-1', reaches: true, since }];
        return site.client.applyStatus(
          machineKind,
          { metadata: { name: 'talks' }, status: { phase, phaseSince: since, bmcReach } },
          { fieldManager: 'test', force: true },
        );
      };
      await enter('Commissioning');
      const last = async (): Promise<number> => JSON.parse((await ask('/console-log', reader)).body).last;
      await eventually('lines', async () => (await last()) > 3, 150_000);
      const { items } = JSON.parse((await ask('/console-log?limit=1', reader)).body);
      expect(items).toMatchObject([{ sequence: 1, machine: 'talks', text: 'tick' }]);
      // It speaks on, and nobody listens.
      await enter('Deployed');
      let before = await last();
      await eventually('silence', async () => {
        const now = await last();
        const silent = now === before;
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 600));
        return silent && now === (await last());
      });
    } finally {
      await bmc.stop('SIGKILL');
      await line.stop('SIGKILL');
      await site.client.delete(machineKind, 'talks').catch(() => undefined);
    }
  }, 300_000);

  it('shows the leases of dynamic ranges to who may see them', async () => {
    const { status, body } = await ask('/leases?subnet=s&state=Bound', reader);
    expect(status, body).toBe(200);
    const { items } = JSON.parse(body);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      subnet: 's',
      state: 'Bound',
      mac: expect.stringMatching(/^..(:..){5}$/),
    });
    expect((await ask(`/leases?mac=${items[0].mac}&limit=1`, reader)).body).toContain(items[0].address);
    expect(JSON.parse((await ask(`/leases?after=${items[0].address}`, reader)).body)).toEqual({ items: [] });
    expect(await ask('/leases?limit=0', reader)).toMatchObject({ status: 400 });
  });

  it('shows metrics of what the rack did', async () => {
    const { status, body } = await ask('/metrics', reader);
    expect(status, body).toBe(200);
    expect(body).toMatch(/^metalwright_dhcp4_sent_total\{type="ACK"\} [1-9]/m);
    expect(body).toMatch(/^metalwright_dhcp4_answer_seconds_count\{type="ACK"\} [1-9]/m);
    expect(body).toMatch(/^metalwright_dhcp4_leases\{subnet="s",state="Bound"\} 1$/m);
    expect(body).toMatch(/^metalwright_service_up\{service="Tftp"\} 1$/m);
    expect(body).toMatch(/^metalwright_world_synced 1$/m);
    expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  it('shows its status', async () => {
    const status = JSON.parse((await ask('/status', reader)).body);
    expect(status).toMatchObject({ rack: 'rack-1', serving: true, world: { source: 'APIServer' } });
  });

  it('forgets soon whom it let in: rights that were taken away end', async () => {
    await site.kubectl.run('delete', 'clusterrolebinding', 'rack-reader');
    await eventually('the refusal', async () => (await ask('/leases', reader)).status === 403, 40_000);
    await site.kubectl.run(
      ...['create', 'clusterrolebinding', 'rack-reader', '--clusterrole=rack-reader'],
      '--serviceaccount=default:reader',
    );
    await eventually('the admission', async () => (await ask('/leases', reader)).status === 200, 40_000);
  });
});

describe('kubectl get vlan,subnet,rack', () => {
  beforeAll(async () => {
    const { client } = site;
    const at = new Date().toISOString();
    const ready = {
      type: 'Ready',
      status: 'True' as const,
      reason: 'Accepted',
      message: '-',
      lastTransitionTime: at,
    };
    const own = { fieldManager: 'test' };
    await client.create(fabricKind, { metadata: { name: 'building-7' }, spec: {} });
    await client.create(vlanKind, {
      metadata: { name: 'provisioning-a' },
      spec: { fabric: 'building-7', vid: 4001 },
    });
    const range = { start: '192.168.240.100', end: '192.168.240.199' };
    await client.create(subnetKind, {
      metadata: { name: 'provisioning-a' },
      spec: {
        vlan: 'provisioning-a',
        cidr: '192.168.240.0/24',
        gateway: '192.168.240.254',
        ranges: { dynamic: [range] },
      },
    });
    await client.applyStatus(
      vlanKind,
      {
        metadata: { name: 'provisioning-a' },
        status: {
          subnets: 1,
          racks: ['rack-01', 'rack-02'],
          foreignServers: [{ address: '192.168.240.250', rack: 'rack-01', lastSeen: at }],
          conditions: [ready],
        },
      },
      own,
    );
    await client.applyStatus(
      subnetKind,
      {
        metadata: { name: 'provisioning-a' },
        status: {
          addresses: {
            total: '254',
            assigned: 120,
            dynamic: '100',
            reserved: '0',
            free: '34',
            utilisationPercent: 87,
          },
          dynamic: {
            leases: 57,
            utilisationPercent: 57,
            ranges: [{ ...range, size: 100, leases: 57, utilisationPercent: 57, racks: ['rack-01'] }],
          },
          conditions: [ready],
        },
      },
      own,
    );
  });

  it('says who serves what, how full it is, and who else serves, on a screen of 120 characters', async () => {
    await eventually('the VLANs of the rack', async () => {
      const self = await site.client.get(rackKind, 'rack-1');
      return self?.status?.vlans?.includes('v');
    });
    const text = await site.kubectl.run('get', 'vlan,subnet,rack');
    const lines = text.split('\n');
    expect(lines.filter((line) => line.trimEnd().length > 120)).toEqual([]);
    const row = (...words: string[]) =>
      lines.find((line) => words.every((word) => line.includes(word))) ??
      `no line with ${words.join()} in\n${text}`;
    expect(row('vlan', 'provisioning-a')).toMatch(/4001.*\["rack-01","rack-02"\].*192\.168\.240\.250.*True/);
    expect(row('subnet', 'provisioning-a')).toMatch(/192\.168\.240\.0\/24.* 57 .*57.*True/);
    expect(row('rack', 'rack-1')).toMatch(/http:\/\/10\.77\.0\.1:7480.*\["v"\].*1.*True.*Serving/);
  });
});

describe('an admin endpoint for other nodes', () => {
  it('speaks TLS, with a certificate from files', async () => {
    const file = (name: string) => join(site.directory, name);
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=rack-1', '-addext', 'subjectAltName=IP:10.77.0.1'],
        ...['-keyout', file('admin.key'), '-out', file('admin.crt')],
      ],
      { stdio: 'ignore' },
    );
    await rack.kill('SIGTERM');
    rack = site.startRack({
      METALWRIGHT_ADMIN_ADDRESS: '10.77.0.1',
      METALWRIGHT_ADMIN_CERTIFICATE: file('admin.crt'),
      METALWRIGHT_ADMIN_KEY: file('admin.key'),
    });
    await rack.says(/"msg":"ready"/);
    const reader = await tokenOf('reader');
    const { code, output } = await site.node.run([
      ...['curl', '-sS', '--fail', '--max-time', '20', '--cacert', file('admin.crt')],
      ...['-H', `Authorization: Bearer ${reader}`, 'https://10.77.0.1:7481/status'],
    ]);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('"rack-1"') });
    expect((await site.node.run(['curl', '-sS', 'http://10.77.0.1:7481/healthz'])).code).not.toBe(0);
  });
});

/** What `helm test` runs on the rack's node. */
describe('the check of a rack', () => {
  const check = () =>
    site.node.run(
      [
        ...['env', `KUBECONFIG=${join(site.directory, 'control-plane/kubeconfig')}`, process.execPath],
        ...[resolve(import.meta.dirname, '../../../src/bin/metalwright.ts'), 'check-rack', 'rack-1'],
      ],
      { timeoutMs: 180_000 },
    );

  it('has a whole loader by TFTP, and an address, from a real rack', { timeout: 240_000 }, async () => {
    const { code, output } = await check();
    expect(output).toMatch(/^ok +TFTP on eth0: snponly\.efi$/m);
    expect(output).toMatch(/^ok +DHCP on eth0$/m);
    expect(code).toBe(0);
  });
});

describe('the admin endpoint without an API server', () => {
  it('lets nobody in, and says that it lives', async () => {
    const reader = await tokenOf('reader');
    await site.apiServer.kill();
    const get = async (path: string) =>
      (
        await site.node.run([
          ...['curl', '-sS', '-k', '--max-time', '60', '-o', '/dev/null', '-w', '%{http_code}'],
          ...['-H', `Authorization: Bearer ${reader}`, `https://10.77.0.1:7481${path}`],
        ])
      ).output;
    expect(await get('/metrics')).toBe('503');
    expect(await get('/healthz')).toBe('200');
  });
});
