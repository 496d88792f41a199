import { RecsParameters } from '../../../api/bmc/recs.ts';
import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { type BmcHttp, type BmcRequest, basicAuthorization, createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import { xmlOf } from '../http/xml.ts';
import { childrenOf, type XmlElement } from '../xml/element.ts';

const bootSources: Readonly<Partial<Record<BootDevice, string>>> = { Network: 'PXE', Disk: 'HDD' };

/** Names of architectures at the RECS_Master; it does not tell 32 bits from 64. */
const architectures: Readonly<Record<string, string>> = { x86: 'amd64', arm: 'arm64' };

/** Power of a node of a RECS|Box through the REST service of its RECS_Master, which answers in XML. */
export function createRecsDriver(target: PowerTarget): PowerDriver {
  const { nodeId } = RecsParameters.parse(target.parameters);
  const master = createMaster(target);
  const path = `/REST/node/${nodeId}`;

  return {
    bootDevices: new Set(['Network', 'Disk']),
    async status(signal) {
      const node = await master.read({ method: 'GET', path }, signal);
      if (node.name !== 'node' || node.attributes.get('id') !== nodeId) {
        throw powerError('BmcProtocolError', `GET ${path}: an answer about something else`);
      }
      return stateOf(node.attributes.get('state'));
    },
    on: (signal) => master.ask({ method: 'POST', path: `${path}/manage/power_on`, form: {} }, signal),
    off: (signal) => master.ask({ method: 'POST', path: `${path}/manage/power_off`, form: {} }, signal),
    async setBootDevice(device, signal) {
      const source = bootSources[device];
      if (source === undefined) throw powerError('BmcUnsupported', `a RECS|Box has no boot source ${device}`);
      const form = { source, persistent: 'false' };
      await master.ask({ method: 'PUT', path: `${path}/manage/set_bootsource`, form }, signal);
    },
    close: () => master.close(),
  };
}

/** Every node that the RECS_Master lists. */
export const enumerateRecs: EnumerateChassis = async (target, _deps, signal) => {
  const master = createMaster(target);
  try {
    const list = await master.read({ method: 'GET', path: '/REST/node' }, signal);
    return childrenOf(list, 'node').flatMap(({ attributes }) => {
      const id = attributes.get('id');
      return id === undefined ? [] : [nodeOf(id, attributes)];
    });
  } finally {
    await master.close();
  }
};

/** `state` of a node: it is on (1) or off (0). */
export function stateOf(written: string | undefined): PowerState {
  if (written === '1') return 'On';
  return written === '0' ? 'Off' : 'Unknown';
}

function nodeOf(id: string, attributes: ReadonlyMap<string, string>): ChassisNode {
  // The interface of the compute network boots; that of the management network is another, where there is one.
  const macs = [attributes.get('macAddressCompute'), attributes.get('macAddressMgmt')];
  const architecture = architectures[attributes.get('architecture') ?? ''];
  return {
    ...{ name: id, parameters: { nodeId: id }, macAddresses: macAddressesOf(macs) },
    ...(architecture === undefined ? {} : { architecture }),
    powerState: stateOf(attributes.get('state')),
  };
}

interface RecsMaster {
  /** @throws CodedError<PowerErrorCode> */
  ask(asked: BmcRequest, signal: AbortSignal): Promise<void>;
  /** The root of the answer. @throws CodedError<PowerErrorCode> */
  read(asked: BmcRequest, signal: AbortSignal): Promise<XmlElement>;
  close(): Promise<void>;
}

function createMaster(target: PowerTarget): RecsMaster {
  const http = createBmcHttp(target, { scheme: 'http', port: 8000 });
  const headers = { authorization: basicAuthorization(target.username, target.password) };
  const send = async (asked: BmcRequest, signal: AbortSignal): ReturnType<BmcHttp['send']> => {
    const answer = await http.send({ ...asked, headers }, signal);
    const { status } = answer;
    if (status >= 200 && status < 300) return answer;
    const seen = `${asked.method} ${asked.path}: HTTP ${status}`;
    if (status === 404) throw powerError('BmcSystemNotFound', seen);
    const { code, retryable } = statusMeaning(status);
    throw powerError(code, seen, { retryable });
  };
  return {
    async ask(asked, signal) {
      await send(asked, signal);
    },
    read: async (asked, signal) => xmlOf(await send(asked, signal), `${asked.method} ${asked.path}`),
    close: () => http.close(),
  };
}
