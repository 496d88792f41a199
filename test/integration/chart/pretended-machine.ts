import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createDhclient } from '../netns/dhclient.ts';
import type { Site } from '../rack-process/site.ts';

export const mac = '52:54:00:77:00:01';

const Opened = z.object({ sessionKey: z.string() });
const Task = z.object({
  id: z.string(),
  kind: z.string(),
  seed: z.object({ userData: z.string(), vendorData: z.string() }).optional(),
});

const hardware = {
  system: {},
  firmware: { mode: 'BIOS' },
  cpus: [],
  numaNodes: [],
  memory: { totalMiB: 1024, dimms: [] },
  nics: [],
  disks: [
    {
      name: 'sda',
      path: '/dev/sda',
      sizeBytes: 1e11,
      kind: 'SSD',
      rotational: false,
      removable: false,
      serial: 's1',
      logicalBlockBytes: 512,
    },
  ],
  pci: [],
  usb: [],
  gpus: [],
};

/** A machine's firmware, agent and installed OS, by their packets: DHCP, and HTTP by curl. */
export async function pretendMachine(site: Site) {
  const folder = join(site.directory, 'dhclient');
  mkdirSync(folder);
  await site.machine.ip('link', 'set', 'nic0', 'address', mac);
  const dhclient = createDhclient(site.machine, 'nic0', folder);

  async function call(path: string, ...args: string[]): Promise<string> {
    const { output } = await site.machine.run([
      ...['curl', '-sS', '--max-time', '20', '-H', 'content-type: application/json', ...args],
      `http://10.77.0.1:7480${path}`,
    ]);
    return output;
  }

  /** Does what the rack says, and tells how that went. */
  async function work(token: string): Promise<string[]> {
    const opened = await call('/agent/v1/sessions', '-d', JSON.stringify({ token, macAddresses: [mac] }));
    const { sessionKey } = Opened.parse(JSON.parse(opened));
    const key = ['-H', `authorization: Bearer ${sessionKey}`];
    const done: string[] = [];
    for (let look = 0; look < 60; look += 1) {
      const text = await call('/agent/v1/task', ...key);
      if (text === '') {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        continue;
      }
      const { id, kind, seed } = Task.parse(JSON.parse(text));
      if (kind === 'PowerOff' || kind === 'Reboot') return done;
      const result = {
        outcome: 'Succeeded',
        message: 'done',
        ...(kind === 'Inventory' ? { inventory: hardware } : {}),
      };
      const path = `/agent/v1/tasks/${id}/result`;
      const status = await call(
        path,
        ...key,
        '-X',
        'PUT',
        '-d',
        JSON.stringify(result),
        '-w',
        '%{http_code}',
      );
      done.push(`${kind} ${status}`);
      const home = /\/phone-home\/v1\/[^\s"']+/.exec(`${seed?.vendorData} ${seed?.userData}`)?.[0];
      if (home !== undefined) done.push(`home ${await call(home, '-X', 'POST', '-w', '%{http_code}')}`);
      if (seed !== undefined) done.push(`seed ${seed.userData}`);
    }
    return done;
  }

  return {
    /** One network boot. */
    async boot(): Promise<string[]> {
      await dhclient.obtain();
      const script = await call(`/boot/${mac.replaceAll(':', '-')}.ipxe`);
      const token = /mw\.token=([A-Za-z0-9_-]+)/.exec(script)?.[1];
      if (token !== undefined) return await work(token);
      if (!script.includes('mw.enlist=1')) return [];
      const request = { macAddresses: [mac], architecture: 'amd64', inventory: hardware };
      return [`enlist ${await call('/agent/v1/enlistments', '-d', JSON.stringify(request))}`];
    },
    vanish: () => dhclient.vanish(),
  };
}
