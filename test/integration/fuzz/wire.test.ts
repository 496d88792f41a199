import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDhclient } from '../netns/dhclient.ts';
import { type Background, createNetns, type Namespace, requireTools } from '../netns/namespaces.ts';

describe('a rack under mutated packets', () => {
  requireTools('ip', 'dhclient', 'curl');
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-fuzz-'));
  const program = (name: string): string[] => [process.execPath, join(import.meta.dirname, name)];
  const seed = Math.floor(Math.random() * 2 ** 31);
  let space: Namespace;
  let client: Namespace;
  let rack: Background;
  let pid = 0;

  beforeAll(async () => {
    space = await netns.create('fuzzr');
    client = await netns.create('fuzzc');
    await netns.cable(space, 'vlan1', client, 'eth0');
    await space.ip('address', 'add', '10.77.1.1/24', 'dev', 'vlan1');
    await client.ip('link', 'set', 'eth0', 'address', '52:54:00:00:00:99');
    await client.ip('address', 'add', '10.77.1.2/24', 'dev', 'eth0');
    rack = space.start([...program('rack.ts'), directory, 'vlan1', '10.77.1.1']);
    await rack.until(/rack ready \d+/);
    pid = Number(/rack ready (\d+)/.exec(rack.output())?.[1]);
  });

  afterAll(async () => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const send = async (count: number, from: number): Promise<Record<string, number>> => {
    const command = [...program('sender.ts'), '10.77.1.1', '10.77.1.255', `${count}`, `${from}`];
    const { code, output } = await client.run(command, { timeoutMs: 280_000 });
    expect(code, `seed ${from}\n${output}\n${rack.output()}`).toBe(0);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '');
  };
  const residentMiB = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

  it('lives through a hundred thousand, and takes no more memory than for the first of them', async () => {
    await send(15_000, seed);
    const before = residentMiB();
    const sent = await send(85_000, seed + 1);
    expect(Object.keys(sent).sort()).toEqual(['boot-server', 'dhcp4', 'http', 'tftp']);
    // They were heard, not dropped on the way: UDP is nearly all of it.
    const { output } = await space.run(['cat', '/proc/net/snmp']);
    const [received] = /\nUdp: (\d+)/.exec(output)?.slice(1) ?? [];
    expect(Number(received)).toBeGreaterThan(90_000);
    expect(residentMiB(), `${before} MiB before`).toBeLessThan(before + 100);
  }, 600_000);

  it('serves a client that is well as before, by DHCP, TFTP and HTTP', async () => {
    const dhclient = createDhclient(client, 'eth0', directory);
    expect(await dhclient.obtain()).toMatchObject({ ip_address: '10.77.1.9' });
    for (const url of ['tftp://10.77.1.1/snponly.efi', 'http://10.77.1.1:7480/loaders/snponly.efi']) {
      const { code, output } = await client.run(['curl', '-sS', '-o', join(directory, 'got'), url]);
      expect(code, output).toBe(0);
      expect(readFileSync(join(directory, 'got'))).toHaveLength(100_000);
    }
    expect(rack.output()).not.toMatch(/"level":50/);
  });
});
