import { randomBytes, randomUUID } from 'node:crypto';
import { childOf, elementAt, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import { type XmlText, xml } from '../xml/write.ts';
import type { ServiceAnswer, ServiceRequest } from './http-service.ts';

/** A server of the simulated UCS. */
export interface SimulatedServer {
  classId: 'computeBlade' | 'computeRackUnit';
  dn: string;
  uuid: string;
  operPower: string;
  /** Empty: no service profile is associated. */
  assignedToDn: string;
  macs: string[];
}

/** UCS Manager's XML API, from Cisco's programmer's guide: what the driver needs of it, and what can be wrong with it. */
export function createUcsmSimulator(user: { username: string; password: string }) {
  const cookies = new Set<string>();
  const servers: SimulatedServer[] = [
    server('computeBlade', 'sys/chassis-1/blade-1', 'org-root/ls-web', [
      '00:25:B5:00:00:1A',
      '00:25:B5:00:00:1B',
    ]),
    server('computeBlade', 'sys/chassis-1/blade-2', '', []),
    server('computeRackUnit', 'sys/rack-unit-1', 'org-root/org-eu/ls-db', ['00:25:B5:00:00:2A']),
  ];
  const faults = {
    maxSessions: 32,
    /** What is answered in the place of a method. */
    answer: (_method: string): ServiceAnswer | undefined => undefined,
  };
  /** Every state that `lsPower` was set to, with its name. */
  const orders: string[] = [];

  const logIn = (asked: XmlElement): XmlText => {
    const { inName, inPassword } = Object.fromEntries(asked.attributes);
    if (inName !== user.username || inPassword !== user.password) {
      return refusal('aaaLogin', '551', 'Authentication failed');
    }
    if (cookies.size >= faults.maxSessions) {
      return refusal('aaaLogin', '572', 'User reached maximum session limit');
    }
    const outCookie = `${Date.now()}/${randomUUID()}`;
    cookies.add(outCookie);
    const rest = {
      outRefreshPeriod: '600',
      outPriv: 'admin',
      outSessionId: `web_${randomBytes(2).toString('hex')}_A`,
    };
    return xml('aaaLogin', { cookie: '', response: 'yes', outCookie, ...rest, outName: user.username });
  };

  const resolveClass = (asked: XmlElement, cookie: string): XmlText => {
    const classId = asked.attributes.get('classId') ?? '';
    const wanted = elementAt(asked, 'inFilter', 'eq')?.attributes.get('value');
    const found =
      classId === 'adaptorHostEthIf'
        ? servers.flatMap(({ dn, macs }) =>
            macs.map((mac, nth) =>
              xml('adaptorHostEthIf', { dn: `${dn}/adaptor-1/host-eth-${nth + 1}`, mac }),
            ),
          )
        : servers
            .filter((each) => each.classId === classId && (wanted === undefined || each.uuid === wanted))
            .map(({ classId: name, dn, uuid, operPower, assignedToDn }) =>
              xml(name, { dn, uuid, operPower, assignedToDn, model: 'UCSB-B200-M5', operState: 'ok' }),
            );
    return xml('configResolveClass', { cookie, response: 'yes', classId }, xml('outConfigs', {}, ...found));
  };

  const configure = (asked: XmlElement, cookie: string): XmlText => {
    const power = elementAt(asked, 'inConfig', 'lsPower');
    const [dn, state] = [power?.attributes.get('dn') ?? '', power?.attributes.get('state') ?? ''];
    const target = servers.find(({ assignedToDn }) => assignedToDn !== '' && dn === `${assignedToDn}/power`);
    if (target === undefined || asked.attributes.get('dn') !== dn) {
      return refusal('configConfMo', '102', `no such object ${dn}`);
    }
    orders.push(`${dn} ${state}`);
    target.operPower = state === 'admin-up' ? 'on' : 'off';
    return xml(
      'configConfMo',
      { cookie, response: 'yes', dn },
      xml('outConfig', {}, xml('lsPower', { dn, state })),
    );
  };

  const answer = (asked: XmlElement): XmlText => {
    if (asked.name === 'aaaLogin') return logIn(asked);
    if (asked.name === 'aaaLogout') {
      cookies.delete(asked.attributes.get('inCookie') ?? '');
      return xml('aaaLogout', { cookie: '', response: 'yes', outStatus: 'success' });
    }
    const cookie = asked.attributes.get('cookie') ?? '';
    if (!cookies.has(cookie)) return refusal(asked.name, '552', 'Authorization required');
    if (asked.name === 'configResolveClass') return resolveClass(asked, cookie);
    if (asked.name === 'configConfMo' && childOf(asked, 'inConfig') !== undefined)
      return configure(asked, cookie);
    return refusal(asked.name, '0', 'XML PARSING ERROR: no such method');
  };

  return {
    servers,
    cookies,
    faults,
    orders,
    handle({ method, path, body }: ServiceRequest): ServiceAnswer | undefined {
      if (method !== 'POST' || path !== '/nuova') return undefined;
      const asked = parseXml(body);
      return faults.answer(asked.name) ?? { body: ` ${answer(asked).xml}` };
    },
  };
}

function server(
  classId: SimulatedServer['classId'],
  dn: string,
  assignedToDn: string,
  macs: string[],
): SimulatedServer {
  return { classId, dn, uuid: randomUUID(), operPower: 'off', assignedToDn, macs };
}

/** "Failed Requests": with HTTP 200, as all answers. */
export function refusal(name: string, errorCode: string, errorDescr: string): XmlText {
  return xml(name, {
    cookie: '',
    response: 'yes',
    errorCode,
    invocationResult: 'unidentified-fail',
    errorDescr,
  });
}
