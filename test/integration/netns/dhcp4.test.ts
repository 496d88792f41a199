import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DhcpSubnet } from '../../../src/rack/dhcp4/ports.ts';
import { createDhclient } from './dhclient.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

function subnet(number: number, options: Partial<DhcpSubnet> = {}): DhcpSubnet {
  return {
    name: `net-${number}`,
    cidr: `10.77.${number}.0/24`,
    gateway: `10.77.${number}.254`,
    dnsServers: [`10.77.${number}.1`],
    ntpServers: [],
    domainName: 'rack.example',
    dynamicRanges: [{ start: `10.77.${number}.100`, end: `10.77.${number}.149` }],
    leaseSeconds: 600,
    serverAddress: `10.77.${number}.1`,
    bootDisabled: false,
    ...options,
  };
}

describe('DHCPv4 in network namespaces', () => {
  requireTools('ip', 'dhclient', 'perfdhcp', 'tftp', 'dnsmasq');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-netns-'));
  const configPath = join(directory, 'rack.json');
  let rack: Namespace;
  let one: Namespace;
  let two: Namespace;
  let relay: Namespace;
  let far: Namespace;
  let server: Background;

  async function startRack(): Promise<void> {
    server = rack.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), configPath]);
    await server.until(/rack ready/);
  }

  beforeAll(async () => {
    [rack, one, two, relay, far] = [
      await netns.create('rack'),
      await netns.create('one'),
      await netns.create('two'),
      await netns.create('relay'),
      await netns.create('far'),
    ];
    await netns.cable(rack, 'vlan1', one, 'eth0');
    await netns.cable(rack, 'vlan2', two, 'eth0');
    await netns.cable(rack, 'vlan3', relay, 'up0');
    await netns.cable(relay, 'down0', far, 'eth0');
    for (const number of [1, 2, 3]) {
      await rack.ip('address', 'add', `10.77.${number}.1/24`, 'dev', `vlan${number}`);
    }
    await one.ip('link', 'set', 'eth0', 'address', '52:54:00:77:00:01');
    await two.ip('link', 'set', 'eth0', 'address', '52:54:00:77:00:02');
    await far.ip('link', 'set', 'eth0', 'address', '52:54:00:77:00:09');
    await relay.ip('address', 'add', '10.77.3.9/24', 'dev', 'up0');
    await relay.ip('address', 'add', '10.77.9.1/24', 'dev', 'down0');
    await rack.ip('route', 'add', '10.77.9.0/24', 'via', '10.77.3.9');
    await relay.ip('address', 'add', '10.78.0.9/16', 'dev', 'up0');
    await rack.ip('route', 'add', '10.78.0.0/16', 'dev', 'vlan3');
    const config: RackConfig = {
      networks: {
        vlan1: { vlan: 'one', subnets: [subnet(1)] },
        vlan2: { vlan: 'two', subnets: [subnet(2, { mtu: 1400 })] },
        vlan3: {
          vlan: 'three',
          subnets: [subnet(3, { dynamicRanges: [{ start: '10.77.3.10', end: '10.77.3.239' }] })],
        },
      },
      relayed: [
        {
          vlan: 'crowd',
          subnets: [
            subnet(0, {
              ...{ name: 'crowd', cidr: '10.78.0.0/16', gateway: '10.78.0.1', serverAddress: '10.77.3.1' },
              // So many that no slow machine has an eighth of them on offer at once: strangers are refused then.
              dynamicRanges: [{ start: '10.78.16.0', end: '10.78.47.255' }],
            }),
          ],
        },
        {
          vlan: 'far',
          subnets: [
            subnet(9, {
              gateway: '10.77.9.1',
              serverAddress: '10.77.3.1',
              dynamicRanges: [{ start: '10.77.9.100', end: '10.77.9.250' }],
            }),
          ],
        },
      ],
      reservations: [
        { mac: '52:54:00:77:00:02', address: '10.77.2.20', hostname: 'node-2', subnet: 'net-2' },
      ],
      leaseDirectory: join(directory, 'leases'),
      files: {},
    };
    writeFileSync(configPath, JSON.stringify(config));
    await startRack();
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('the interface that a client asks on decides its network; unknown clients get a dynamic address', async () => {
    const client = createDhclient(one, 'eth0', directory);
    const lease = await client.obtain();
    await client.vanish();
    expect(lease).toMatchObject({
      ip_address: '10.77.1.100',
      subnet_mask: '255.255.255.0',
      routers: '10.77.1.254',
      domain_name: 'rack.example',
      dhcp_server_identifier: '10.77.1.1',
    });
  });

  it('a known client gets its reserved address and name, on the other interface at the same time', async () => {
    const client = createDhclient(
      two,
      'eth0',
      directory,
      'request subnet-mask, routers, host-name, interface-mtu;',
    );
    const lease = await client.obtain();
    await client.vanish();
    expect(lease).toMatchObject({ ip_address: '10.77.2.20', host_name: 'node-2', interface_mtu: '1400' });
  });

  it('a client that comes back gets the same address after the rack was killed and started again', async () => {
    const client = createDhclient(one, 'eth0', directory);
    const before = await client.obtain();
    await client.vanish();
    await server.stop('SIGKILL');
    await startRack();
    rmSync(join(directory, `${one.name}-eth0.leases`));
    const after = await client.obtain();
    await client.vanish();
    expect(after.ip_address).toBe(before.ip_address);
  });

  it('a client that moved to another network is refused and starts anew', async () => {
    const client = createDhclient(one, 'eth0', directory);
    await client.obtain();
    await client.vanish();
    const lease = `lease { interface "eth0"; fixed-address 10.77.2.111; option subnet-mask 255.255.255.0;
      option dhcp-server-identifier 10.77.2.1; renew 5 2099/01/01 00:00:00; rebind 5 2099/01/01 00:00:00;
      expire 5 2099/01/01 00:00:00; }\n`;
    writeFileSync(join(directory, `${one.name}-eth0.leases`), lease);
    const moved = await client.obtain();
    await client.vanish();
    expect(moved.ip_address).toBe('10.77.1.100');
    expect(server.output()).toMatch(/DHCPNAK/);
  });

  it('a released address is remembered for its client', async () => {
    const client = createDhclient(one, 'eth0', directory);
    const before = await client.obtain();
    await client.release();
    const after = await client.obtain();
    await client.vanish();
    expect(after.ip_address).toBe(before.ip_address);
  });

  it('a client that renews is acknowledged', async () => {
    const client = createDhclient(one, 'eth0', directory, 'supersede dhcp-renewal-time 1;');
    const acknowledged = (): number => server.output().match(/DHCPACK/g)?.length ?? 0;
    await client.obtain();
    const before = acknowledged();
    await expect.poll(acknowledged, { timeout: 20_000, interval: 200 }).toBeGreaterThan(before);
    await client.vanish();
  });

  it('a client behind a relay (dnsmasq) gets an address of its own network', async () => {
    const relaying = relay.start([
      ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file='],
      ...['--log-dhcp', '--dhcp-relay=10.77.9.1,10.77.3.1'],
    ]);
    await relaying.until(/DHCP relay/);
    const client = createDhclient(far, 'eth0', directory);
    const lease = await client.obtain();
    await client.vanish();
    await relaying.stop();
    expect(lease).toMatchObject({ ip_address: '10.77.9.100', dhcp_server_identifier: '10.77.3.1' });
  });

  it('perfdhcp gets each of 400 four-way exchanges of 200 clients answered', async () => {
    await far.ip('address', 'flush', 'dev', 'eth0');
    const { code, output } = await relay.run([
      ...['perfdhcp', '-4', '-l', '10.78.0.9', '-r', '200', '-n', '400', '-R', '200'],
      ...['-W', '5000000', '10.77.3.1'],
    ]);
    expect(output).toMatch(/DISCOVER-OFFER/);
    expect(code, output).toBe(0);
  });
});
