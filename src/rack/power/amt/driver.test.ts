import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { digestGuard } from '../testing/digest-guard.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { descendantsOf, elementAt, textAt, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import { createAmtDriver, stateOf } from './driver.ts';

const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);
const cim = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';

function soap(body: string): string {
  const namespaces =
    'xmlns:a="http://www.w3.org/2003/05/soap-envelope" xmlns:b="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"';
  return `<?xml version="1.0" encoding="UTF-8"?><a:Envelope ${namespaces}><a:Header/><a:Body>${body}</a:Body></a:Envelope>`;
}

function fault(subcode: string): ServiceAnswer {
  const code = `<a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>${subcode}</a:Value></a:Subcode></a:Code>`;
  return {
    status: 400,
    body: soap(`<a:Fault>${code}<a:Reason><a:Text xml:lang="en-US">no</a:Text></a:Reason></a:Fault>`),
  };
}

/** The firmware of one machine, from Intel's reference guide. */
function simulator() {
  const guard = digestGuard({ username: 'admin', password });
  const machine = { power: '8', source: '', nextBoot: '', returns: new Map<string, string>() };

  const invoke = (className: string, method: string, call: XmlElement): ServiceAnswer => {
    const input = elementAt(call, 'Body', `${method}_INPUT`);
    const selector = descendantsOf(input, 'Selector').map(({ text }) => text);
    const value = machine.returns.get(method) ?? '0';
    if (value === '0') {
      if (method === 'RequestPowerStateChange') {
        if (!selector.includes('ManagedSystem')) return fault('wsman:InvalidParameter');
        const wanted = textAt(input, 'PowerState');
        machine.power = wanted === '2' ? '2' : '8';
        if (wanted === '2') machine.nextBoot = '';
      }
      if (method === 'ChangeBootOrder') machine.source = selector[0] ?? '';
      if (method === 'SetBootConfigRole' && textAt(input, 'Role') === '1') machine.nextBoot = machine.source;
    }
    const uri = `${cim}/${className}`;
    return {
      body: soap(
        `<g:${method}_OUTPUT xmlns:g="${uri}"><g:ReturnValue>${value}</g:ReturnValue></g:${method}_OUTPUT>`,
      ),
    };
  };
  return {
    guard,
    machine,
    handle(request: ServiceRequest): ServiceAnswer | undefined {
      if (request.path !== '/wsman' || request.method !== 'POST') return undefined;
      const refusal = guard.refuse(request);
      if (refusal !== undefined) return refusal;
      const call = parseXml(request.body);
      const resource = textAt(call, 'Header', 'ResourceURI') ?? '';
      const action = textAt(call, 'Header', 'Action') ?? '';
      const className = resource.slice(resource.lastIndexOf('/') + 1);
      if (!resource.startsWith(`${cim}/`)) return fault('b:DestinationUnreachable');
      if (!action.endsWith('/transfer/Get')) {
        return invoke(className, action.slice(action.lastIndexOf('/') + 1), call);
      }
      if (className !== 'CIM_AssociatedPowerManagementService') return fault('b:DestinationUnreachable');
      return {
        body: soap(
          `<g:${className} xmlns:g="${resource}"><g:AvailableRequestedPowerStates>8</g:AvailableRequestedPowerStates><g:PowerState>${machine.power}</g:PowerState></g:${className}>`,
        ),
      };
    },
  };
}

describe('power through Intel AMT', () => {
  let amt: ReturnType<typeof simulator>;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const open = (changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createAmtDriver({
      ...{ address: service.address, username: '', password, secret: {}, bootMode: 'UEFI', parameters: {} },
      ...changes,
    });
    drivers.push(driver);
    return driver;
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

  beforeEach(async () => {
    amt = simulator();
    instead = undefined;
    service = await startHttpService((request) => instead ?? amt.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it('turns on, off, and softly off', async () => {
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    await driver.softOff?.(signal);
    expect(await driver.status(signal)).toBe('Off');
  });

  it.each([
    ['Network', 'Intel(r) AMT: Force PXE Boot'],
    ['Disk', 'Intel(r) AMT: Force Hard-drive Boot'],
  ] as const)('sets %s for one boot', async (device, source) => {
    const driver = open();
    await driver.setBootDevice(device, signal);
    expect(amt.machine.nextBoot).toBe(source);
    await driver.on(signal);
    expect(amt.machine.nextBoot).toBe('');
  });

  it('never sends the password, and shows a wrong one once', async () => {
    const failure = await failureOf(open({ password: 'not-the-one' }).on(signal));
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    expect(service.requests.filter(({ headers }) => headers.authorization !== undefined)).toHaveLength(1);
    expect(`${failure}`).not.toContain('not-the-one');
    await open().on(signal);
    expect(JSON.stringify(service.requests)).not.toContain(password);
    expect(amt.machine.power).toBe('2');
  });

  it('goes on when the firmware wants a new nonce', async () => {
    const driver = open();
    await driver.status(signal);
    amt.guard.expire();
    await driver.on(signal);
    expect(amt.machine.power).toBe('2');
  });

  it.each<[string, string, string, boolean]>([
    ['RequestPowerStateChange', '1', 'BmcUnsupported', false],
    ['RequestPowerStateChange', '2', 'BmcBusy', true],
    ['RequestPowerStateChange', '16', 'BmcPrivilegeTooLow', false],
    ['RequestPowerStateChange', '2076', 'BmcUnsupported', false],
    ['ChangeBootOrder', '2', 'BmcBusy', true],
    ['SetBootConfigRole', '1', 'BmcUnsupported', false],
  ])('names what %s means with %s', async (method, value, code, retryable) => {
    amt.machine.returns.set(method, value);
    const driver = open();
    const work = method.startsWith('Request') ? driver.on(signal) : driver.setBootDevice('Network', signal);
    await expect(work).rejects.toMatchObject({ code, retryable, message: expect.stringContaining(method) });
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['denies access', fault('wsman:AccessDenied'), 'BmcPrivilegeTooLow', false],
    ['is out of time', fault('wsman:TimedOut'), 'BmcBusy', true],
    ['has no such class', fault('b:DestinationUnreachable'), 'BmcUnsupported', false],
    ['fails as nobody knows', fault('x:New'), 'BmcProtocolError', false],
    ['is busy', { status: 503 }, 'BmcBusy', true],
    ['breaks down without a word', { status: 500 }, 'BmcBusy', true],
    ['answers with a web page', { body: '<html><p>AMT</html>' }, 'BmcProtocolError', false],
    ['answers about something else', { body: soap('<CIM_Chassis/>') }, 'BmcProtocolError', false],
    ['is not there', { status: 404 }, 'BmcUnsupported', false],
  ])('names firmware that %s', async (_, answer, code, retryable) => {
    instead = answer;
    await expect(open().status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it.each([
    ['2', 'On'],
    ['8', 'Off'],
    ['6', 'Off'],
    ['7', 'Off'],
    ['3', 'Unknown'],
    ['', 'Unknown'],
    [undefined, 'Unknown'],
  ] as const)('takes the state %s for %s', (written, expected) => {
    expect(stateOf(written)).toBe(expected);
  });
});
