import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { basicAuthorization } from '../http/client.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { createRecsDriver, enumerateRecs } from './driver.ts';

const username = 'admin';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);
const [first, second] = ['RCU_84055620466592_BB_1_0', 'RCU_84055620466592_BB_2_0'];

/** A RECS_Master with two nodes, from what is public about its interface. */
function simulator() {
  const nodes = new Map([
    [first, { state: 0, boot: '', more: 'architecture="x86" macAddressMgmt="02:00:4C:4F:4F:50"' }],
    [
      second,
      {
        ...{ state: 0, boot: '' },
        more: 'architecture="arm" macAddressCompute="02:00:4c:4f:4f:53" macAddressMgmt="02:00:4c:4f:4f:52"',
      },
    ],
  ]);
  const written = (id: string): string => {
    const { state, more } = nodes.get(id)!;
    return `<node health="OK" id="${id}" state="${state}" ${more}/>`;
  };
  return {
    nodes,
    handle({ method, path, headers, body }: ServiceRequest): ServiceAnswer | undefined {
      if (headers.authorization !== basicAuthorization(username, password)) return { status: 401 };
      if (path === '/REST/node') {
        return { body: `<nodeList>${[...nodes.keys()].map(written).join('')}</nodeList>` };
      }
      const [, id = '', action] = /^\/REST\/node\/(\w+)(?:\/manage\/(\w+))?$/.exec(path) ?? [];
      const node = nodes.get(id);
      if (node === undefined) return undefined;
      const asked = `${method} ${action ?? ''}`;
      if (asked === 'GET ') return { body: `<?xml version="1.0"?>${written(id)}` };
      if (asked === 'POST power_on') node.state = 1;
      else if (asked === 'POST power_off') node.state = 0;
      else if (asked === 'PUT set_bootsource') node.boot = body;
      else return { status: 405 };
      return { body: written(id) };
    },
  };
}

describe('power of a node of a RECS|Box', () => {
  let box: ReturnType<typeof simulator>;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const target = (changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI' },
    parameters: { nodeId: first },
    ...changes,
  });
  const open = (changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createRecsDriver(target(changes));
    drivers.push(driver);
    return driver;
  };

  beforeEach(async () => {
    box = simulator();
    instead = undefined;
    service = await startHttpService((request) => instead ?? box.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it('turns on and off, and no other node with it', async () => {
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(box.nodes.get(second)?.state).toBe(0);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
  });

  it.each([
    ['Network', 'source=PXE&persistent=false'],
    ['Disk', 'source=HDD&persistent=false'],
  ] as const)('sets %s for one boot', async (device, expected) => {
    await open().setBootDevice(device, signal);
    expect(box.nodes.get(first)?.boot).toBe(expected);
  });

  it('asks a wrong password only once, and does not say it', async () => {
    const failure = await open({ password: 'not-the-one' })
      .on(signal)
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    expect(service.requests).toHaveLength(1);
    expect(String(failure)).not.toContain('not-the-one');
  });

  it('knows no node that the box has not', async () => {
    const driver = open({ parameters: { nodeId: 'RCU_1_BB_9_9' } });
    await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['is busy', { status: 503 }, 'BmcBusy', true],
    ['allows not this user', { status: 403 }, 'BmcPrivilegeTooLow', false],
    ['answers with no XML', { body: 'ok' }, 'BmcProtocolError', false],
    ['answers about another node', { body: `<node id="${second}" state="1"/>` }, 'BmcProtocolError', false],
  ])('names a box that %s', async (_, answer, code, retryable) => {
    instead = answer;
    await expect(open().status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('takes a state that it does not know for unknown', async () => {
    instead = { body: `<node id="${first}" state="7"/>` };
    expect(await open().status(signal)).toBe('Unknown');
  });

  it('lists its nodes', async () => {
    box.nodes.get(second)!.state = 1;
    const nodes = await enumerateRecs(target({ parameters: {} }), { log: silentLogger }, signal);
    expect(nodes).toEqual([
      {
        ...{ name: first, parameters: { nodeId: first }, macAddresses: ['02:00:4c:4f:4f:50'] },
        ...{ architecture: 'amd64', powerState: 'Off' },
      },
      {
        ...{ name: second, parameters: { nodeId: second } },
        macAddresses: ['02:00:4c:4f:4f:53', '02:00:4c:4f:4f:52'],
        ...{ architecture: 'arm64', powerState: 'On' },
      },
    ]);
  });
});
