import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDhclient } from './dhclient.ts';
import { type Background, createNetns, type Namespace, requireTools } from './namespaces.ts';
import type { RackConfig } from './rack-under-test.ts';

const device = '52:54:00:78:00:0d';
const machine = '52:54:00:78:00:0e';
const stranger = '52:54:00:78:00:0f';

describe('DHCP as ISC dhclient and scapy see it', () => {
  requireTools('ip', 'dhclient', 'scapy');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-options-'));
  let client: Namespace;
  let server: Background;
  let lease = 0;

  beforeAll(async () => {
    const rack = await netns.create('rack');
    client = await netns.create('client');
    await netns.cable(rack, 'vlan1', client, 'eth0');
    await rack.ip('address', 'add', '10.78.1.1/24', 'dev', 'vlan1');
    const config: RackConfig = {
      networks: {
        vlan1: {
          vlan: 'one',
          subnets: [
            {
              name: 'net-1',
              cidr: '10.78.1.0/24',
              gateway: '10.78.1.254',
              dnsServers: ['10.78.1.53'],
              ntpServers: ['10.78.1.123'],
              domainName: 'rack.example',
              searchDomains: ['eng.rack.example', 'rack.example'],
              staticRoutes: [{ destination: '10.30.0.0/16', gateway: '10.78.1.9' }],
              mtu: 1400,
              dynamicRanges: [
                {
                  start: '10.78.1.100',
                  end: '10.78.1.149',
                  options: [{ name: 'tzdb-timezone', text: 'Europe/Berlin' }],
                },
              ],
              taken: ['10.78.1.100', '10.78.1.101'],
              options: [
                { name: 'root-path', text: '/subnet' },
                { name: 'tzdb-timezone', text: 'UTC' },
                { code: 224, text: 'a private one' },
                { code: 225, text: 'long'.repeat(75) },
              ],
              leaseSeconds: 600,
              serverAddress: '10.78.1.1',
              bootDisabled: false,
            },
          ],
        },
      },
      relayed: [],
      reservations: [
        {
          mac: device,
          address: '10.78.1.20',
          hostname: 'ap-3',
          subnet: 'net-1',
          options: [
            { name: 'root-path', text: '/device' },
            { name: 'boot-file-name', text: 'ap.img' },
            { name: 'tftp-server-addresses', addresses: ['10.78.1.5'] },
          ],
        },
      ],
      machineOptions: { [machine]: [{ name: 'root-path', text: '/machine' }] },
      leaseDirectory: join(directory, 'leases'),
      files: {},
    };
    const path = join(directory, 'rack.json');
    writeFileSync(path, JSON.stringify(config));
    server = rack.start([process.execPath, join(import.meta.dirname, 'rack-under-test.ts'), path]);
    await server.until(/rack ready/);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** One lease of dhclient under a MAC address; `configuration` is dhclient.conf(5). */
  async function obtain(mac: string, configuration: string): Promise<Record<string, string>> {
    lease += 1;
    await client.ip('link', 'set', 'eth0', 'address', mac);
    const folder = mkdtempSync(join(directory, `dhclient-${lease}-`));
    const program = createDhclient(client, 'eth0', folder, configuration);
    const got = await program.obtain();
    await program.vanish();
    return got;
  }

  const declared = `option tzdb code 101 = text;
    option tftp-addresses code 150 = array of ip-address;
    option classless code 121 = array of unsigned integer 8;
    option private-text code 224 = text;
    option long-text code 225 = text;
    request subnet-mask, routers, domain-name-servers, domain-name, host-name, ntp-servers, domain-search, root-path,
      interface-mtu, tzdb, tftp-addresses, classless, private-text`;

  it('a stranger gets what the subnet and its range say, and no address that is reserved inside the range', async () => {
    const got = await obtain(stranger, `${declared};`);
    expect(got).toMatchObject({
      ip_address: '10.78.1.102',
      routers: '10.78.1.254',
      domain_name_servers: '10.78.1.53',
      ntp_servers: '10.78.1.123',
      interface_mtu: '1400',
      root_path: '/subnet',
      tzdb: 'Europe/Berlin',
      private_text: 'a private one',
      classless: '16 10 30 10 78 1 9 0 10 78 1 254',
    });
    expect(got.domain_search).toMatch(/^eng\.rack\.example\.? rack\.example\.?$/);
  });

  it('a device that is no machine gets its reserved address, its name and its own options', async () => {
    expect(await obtain(device, `${declared};`)).toMatchObject({
      ip_address: '10.78.1.20',
      host_name: 'ap-3',
      root_path: '/device',
      tzdb: 'UTC',
      tftp_addresses: '10.78.1.5',
    });
  });

  it('a machine gets its own options with an address of the range', async () => {
    expect(await obtain(machine, `${declared};`)).toMatchObject({
      root_path: '/machine',
      tzdb: 'Europe/Berlin',
    });
  });

  it('an option of 300 bytes arrives whole, and what else does not fit is in the file and server name fields', async () => {
    const longest = declared.replace('request ', 'request long-text, ');
    const got = await obtain(stranger, `${longest};\nsend dhcp-max-message-size 700;`);
    expect(got).toMatchObject({ long_text: 'long'.repeat(75), root_path: '/subnet', tzdb: 'Europe/Berlin' });
  });

  it('dhclient learns its full name (option 81)', async () => {
    const name = 'send fqdn.fqdn "web-1";\nsend fqdn.encoded on;\nsend fqdn.server-update on;';
    const got = await obtain(stranger, `${declared}, fqdn.fqdn;\n${name}`);
    expect(got).toMatchObject({ fqdn_fqdn: 'web-1.rack.example', fqdn_no_client_update: 'true' });
  });

  it("scapy's packets: BOOTP, options in every field, pieces, padding and rubbish", async () => {
    const { code, output } = await client.run([
      '/usr/bin/python3',
      join(import.meta.dirname, 'scapy-client.py'),
      'eth0',
    ]);
    expect(output).toContain('all as expected');
    expect(code, output).toBe(0);
  });

  it('every state of a client, message by message: what is acknowledged, refused and left unanswered', async () => {
    await client.ip('address', 'flush', 'dev', 'eth0');
    const program = join(import.meta.dirname, 'scapy-client.py');
    const { output } = await client.run(['/usr/bin/python3', program, 'eth0', 'states']);
    expect(output).toContain('all as expected');
  }, 60_000);

  it('ten thousand messages that scapy damaged leave the rack as it was', async () => {
    const program = join(import.meta.dirname, 'scapy-client.py');
    const flooded = await client.run(['/usr/bin/python3', program, 'eth0', 'fuzz', '10000'], {
      timeoutMs: 120_000,
    });
    expect(flooded.output).toContain('all as expected');
    expect(server.output()).not.toContain('could not answer a DHCP packet');
    expect(await obtain(device, `${declared};`)).toMatchObject({ ip_address: '10.78.1.20' });
  }, 150_000);
});
