import { randomBytes } from 'node:crypto';
import { childOf, descendantsOf, elementAt, textAt, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import { type XmlText, xml, xmlDocument } from '../xml/write.ts';
import type { ServiceAnswer, ServiceRequest } from './http-service.ts';

export interface SimulatedMachine {
  id: string;
  name: string;
  uuid: string;
  instanceUuid: string;
  power: 'poweredOn' | 'poweredOff' | 'suspended';
  template: boolean;
  macAddresses: string[];
  /** Kinds and keys, as they were set last. */
  bootOrder: string[];
}

/** A vCenter that does what a test wants of it. */
export interface VimSimulator {
  machines: SimulatedMachine[];
  /** Live sessions, by their cookie. */
  sessions: Set<string>;
  /** Methods that were called, in order. */
  calls: string[];
  /** The fault that a method ends with from now on; of a task, when it ends. */
  faults: Map<string, string>;
  /** Objects that one answer holds at most. */
  page: number;
  handle(request: ServiceRequest): ServiceAnswer | undefined;
}

class Fault extends Error {
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/** Written from the vSphere Web Services API's documentation, beside vcsim, which makes no faults. */
export function vimSimulator(user: { username: string; password: string }): VimSimulator {
  const machines = [aMachine(1), aMachine(2)];
  const sessions = new Set<string>();
  const calls: string[] = [];
  const faults = new Map<string, string>();
  const tasks = new Map<string, string | undefined>();
  const pages = new Map<string, XmlText[]>();
  const simulator = { machines, sessions, calls, faults, page: 100 };

  const task = (fault: string | undefined): XmlText[] => {
    const id = `task-${tasks.size}`;
    tasks.set(id, fault);
    return [xml('returnval', { type: 'Task' }, id)];
  };
  const setPower = (machine: SimulatedMachine, power: SimulatedMachine['power'], fault?: string) => {
    if (fault !== undefined) return task(fault);
    if (machine.power === power) throw new Fault('InvalidPowerState');
    machine.power = power;
    return task(undefined);
  };
  const machineOf = (id: string | undefined): SimulatedMachine => {
    const found = machines.find((machine) => machine.id === id);
    if (found === undefined) throw new Fault('ManagedObjectNotFound');
    return found;
  };
  const find = (call: XmlElement): XmlText[] => {
    const key = textAt(call, 'instanceUuid') === 'true' ? 'instanceUuid' : 'uuid';
    return machines
      .filter((machine) => machine[key] === textAt(call, 'uuid'))
      .map(({ id }) => xml('returnval', { type: 'VirtualMachine' }, id));
  };
  const retrieve = (call: XmlElement): XmlText[] => {
    const paths = descendantsOf(call, 'pathSet').map(({ text }) => text);
    const object = elementAt(call, 'specSet', 'objectSet', 'obj');
    const type = object?.attributes.get('type');
    const id = object?.text ?? '';
    const one = (kind: string, key: string, values: Map<string, XmlText>): XmlText =>
      xml(
        'objects',
        {},
        xml('obj', { type: kind }, key),
        ...paths.flatMap((path) => {
          const value = values.get(path);
          return value === undefined ? [] : [xml('propSet', {}, xml('name', {}, path), value)];
        }),
      );
    if (type === 'Task') return [xml('returnval', {}, one('Task', id, taskValues(tasks.get(id))))];
    const chosen = type === 'ContainerView' ? machines : [machineOf(id)];
    return cut(chosen.map((machine) => one('VirtualMachine', machine.id, machineValues(machine))));
  };
  const cut = (objects: XmlText[]): XmlText[] => {
    const rest = objects.slice(simulator.page);
    const token = rest.length === 0 ? [] : [xml('token', {}, String(pages.size))];
    if (rest.length > 0) pages.set(String(pages.size), rest);
    return [xml('returnval', {}, ...token, ...objects.slice(0, simulator.page))];
  };
  const methods: Readonly<Record<string, (call: XmlElement, self: string) => XmlText[]>> = {
    CreateContainerView: () => [xml('returnval', { type: 'ContainerView' }, 'view-1')],
    FindAllByUuid: find,
    RetrievePropertiesEx: retrieve,
    ContinueRetrievePropertiesEx: (call) => cut(pages.get(textAt(call, 'token') ?? '') ?? []),
    PowerOnVM_Task: (_, self) => setPower(machineOf(self), 'poweredOn', faults.get('PowerOnVM_Task')),
    PowerOffVM_Task: (_, self) => setPower(machineOf(self), 'poweredOff', faults.get('PowerOffVM_Task')),
    ShutdownGuest(_, self) {
      const fault = faults.get('ShutdownGuest');
      if (fault !== undefined) throw new Fault(fault);
      machineOf(self).power = 'poweredOff';
      return [];
    },
    ReconfigVM_Task(call, self) {
      machineOf(self).bootOrder = descendantsOf(call, 'bootOrder').map(
        (entry) => `${entry.attributes.get('xsi:type')} ${textAt(entry, 'deviceKey')}`,
      );
      return task(faults.get('ReconfigVM_Task'));
    },
  };

  const answer = (call: XmlElement, cookie: string): { content: XmlText[]; cookie?: string } => {
    const self = childOf(call, '_this')?.text ?? '';
    if (call.name === 'RetrieveServiceContent') return { content: [serviceContent()] };
    if (call.name === 'Login') {
      const given = [textAt(call, 'userName'), childOf(call, 'password')?.text];
      if (given[0] !== user.username || given[1] !== user.password) throw new Fault('InvalidLogin');
      const key = randomBytes(8).toString('hex');
      sessions.add(key);
      return { content: [xml('returnval', {}, xml('key', {}, key))], cookie: key };
    }
    if (!sessions.has(cookie)) throw new Fault('NotAuthenticated');
    if (call.name === 'Logout') {
      sessions.delete(cookie);
      return { content: [] };
    }
    const method = methods[call.name];
    if (method === undefined) throw new Fault('MethodNotFound');
    return { content: method(call, self) };
  };

  return {
    ...{ machines, sessions, calls, faults },
    get page() {
      return simulator.page;
    },
    set page(size) {
      simulator.page = size;
    },
    handle({ path, headers, body }) {
      if (path !== '/sdk') return undefined;
      const call = elementAt(parseXml(body), 'Body')?.children[0];
      if (call === undefined) return { status: 400 };
      calls.push(call.name);
      const cookie = /vmware_soap_session="(\w+)"/.exec(headers.cookie ?? '')?.[1] ?? '';
      try {
        const given = answer(call, cookie);
        const set = given.cookie && {
          'set-cookie': `vmware_soap_session="${given.cookie}"; Path=/; HttpOnly`,
        };
        const response = xml(`${call.name}Response`, { xmlns: 'urn:vim25' }, ...given.content);
        return { headers: set || {}, body: envelope(response) };
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        const detail = xml(`${thrown.type}Fault`, { xmlns: 'urn:vim25', 'xsi:type': thrown.type });
        const parts = [xml('faultcode', {}, 'ServerFaultCode'), xml('faultstring', {}, `no: ${thrown.type}`)];
        return {
          status: 500,
          body: envelope(xml('soapenv:Fault', {}, ...parts, xml('detail', {}, detail))),
        };
      }
    },
  };
}

/** A machine that is off; all of it is derived from its number. */
export function aMachine(number: number): SimulatedMachine {
  const tail = `0000-0000-0000-${String(number).padStart(12, '0')}`;
  return {
    ...{ id: `vm-${number}`, name: `machine ${number}`, power: 'poweredOff', template: false },
    ...{ uuid: `aaaaaaaa-${tail}`, instanceUuid: `bbbbbbbb-${tail}` },
    ...{ macAddresses: [`00:50:56:00:00:0${number}`], bootOrder: [] },
  };
}

function envelope(content: XmlText): string {
  const namespaces = {
    'xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  };
  return xmlDocument(xml('soapenv:Envelope', namespaces, xml('soapenv:Body', {}, content)));
}

function serviceContent(): XmlText {
  const singletons = {
    rootFolder: 'Folder',
    propertyCollector: 'PropertyCollector',
    viewManager: 'ViewManager',
    sessionManager: 'SessionManager',
    searchIndex: 'SearchIndex',
  };
  const entries = Object.entries(singletons).map(([name, type]) => xml(name, { type }, type));
  return xml('returnval', {}, ...entries);
}

function machineValues(machine: SimulatedMachine): Map<string, XmlText> {
  const value = (text: string): XmlText => xml('val', {}, text);
  const disk = xml('VirtualDevice', { 'xsi:type': 'VirtualDisk' }, xml('key', {}, '2000'));
  const nics = machine.macAddresses.map((mac, index) =>
    xml(
      'VirtualDevice',
      { 'xsi:type': 'VirtualVmxnet3' },
      xml('key', {}, String(4000 + index)),
      xml('macAddress', {}, mac),
    ),
  );
  return new Map([
    ['name', value(machine.name)],
    ['runtime.powerState', value(machine.power)],
    ['config.template', value(String(machine.template))],
    ['config.uuid', value(machine.uuid)],
    ['config.instanceUuid', value(machine.instanceUuid)],
    ['config.guestId', value('debian12_64Guest')],
    ['config.hardware.device', xml('val', { 'xsi:type': 'ArrayOfVirtualDevice' }, disk, ...nics)],
  ]);
}

function taskValues(fault: string | undefined): Map<string, XmlText> {
  const values = new Map([['info.state', xml('val', {}, fault === undefined ? 'success' : 'error')]]);
  if (fault !== undefined) {
    const parts = [xml('fault', { 'xsi:type': fault }), xml('localizedMessage', {}, `task: ${fault}`)];
    values.set('info.error', xml('val', { 'xsi:type': 'LocalizedMethodFault' }, ...parts));
  }
  return values;
}
