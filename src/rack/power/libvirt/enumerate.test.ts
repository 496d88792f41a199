import { describe, expect, it } from 'vitest';
import { powerError } from '../errors.ts';
import { listDomains } from './enumerate.ts';

const { signal } = new AbortController();
const [web, odd, gone] = [1, 2, 3].map((nth) => `6695eb01-f6a4-8304-79aa-97f2502e193${nth}`);

const definitions: Record<string, string> = {
  [`${web}`]: `<domain type='kvm'><name>web-7</name><uuid>${web?.toUpperCase()}</uuid>
    <os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><interface type='bridge'><mac address='52:54:00:AA:BB:01'/></interface>
      <interface type='network'><mac address='52:54:00:aa:bb:02'/></interface></devices>
    <metadata><x:mac xmlns:x='urn:x' address='52:54:00:00:00:00'/></metadata></domain>`,
  [`${odd}`]: `<domain><name>with a space</name><uuid>${odd}</uuid><os><type arch='riscv64'>hvm</type></os></domain>`,
};

/** What virsh prints for a hypervisor with these machines, one of which is removed while it is asked. */
async function virsh(args: readonly string[]): Promise<string> {
  const [command, uuid = ''] = args;
  if (command === 'list') return `${web}\n${odd}\n${gone}`;
  const definition = definitions[uuid];
  if (definition === undefined) throw powerError('BmcSystemNotFound', 'Domain not found');
  return command === 'domstate' ? (uuid === web ? 'running' : 'shut off') : definition;
}

describe('listing the virtual machines of libvirt', () => {
  it('takes name, UUID, architecture and MAC addresses from their definitions', async () => {
    expect(await listDomains(virsh, signal)).toEqual([
      {
        name: 'web-7',
        parameters: { domain: 'web-7' },
        macAddresses: ['52:54:00:aa:bb:01', '52:54:00:aa:bb:02'],
        systemUuid: web,
        architecture: 'amd64',
        powerState: 'On',
      },
      {
        name: 'with a space',
        parameters: { domain: odd },
        macAddresses: [],
        systemUuid: odd,
        architecture: 'riscv64',
        powerState: 'Off',
      },
    ]);
  });

  it('says so when a definition is no XML', async () => {
    const broken = async (args: readonly string[]) => (args[0] === 'dumpxml' ? '<domain>' : virsh(args));
    await expect(listDomains(broken, signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
  });

  it('ends with the error of a hypervisor that is not reached', async () => {
    const away = () => Promise.reject(powerError('BmcUnreachable', 'no route', { retryable: true }));
    await expect(listDomains(away, signal)).rejects.toMatchObject({ code: 'BmcUnreachable' });
  });
});
