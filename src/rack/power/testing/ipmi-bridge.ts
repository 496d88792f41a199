import { bridgedMessage } from '../ipmi/bridge.ts';
import { byteAt, concat } from '../ipmi/bytes.ts';
import { bmcAddress, decodeLanRequest, encodeLanResponse, type IpmiRequest } from '../ipmi/lan-message.ts';
import type { ControllerRecord } from '../ipmi/sdr.ts';

/** A controller behind a simulated BMC. */
export interface SimulatedController {
  power: 'On' | 'Off';
  /** What its repository locates. */
  locates: ControllerRecord[];
  /** Commands that were carried out, as `netFn/command` and their data in hex. */
  commands: string[];
}

/** Everything behind a simulated BMC that Send Message reaches. */
export interface SimulatedBus {
  /** By the path of `channel:address` that leads there: `0:82/7:72`. The empty path is the BMC's own repository. */
  controllers: Map<string, SimulatedController>;
  /** `Separate`: each bridge acknowledges, the answer follows by itself, to whom the message named, as ipmi_sim has it. `Embedded`: it is in the acknowledgement. */
  style: 'Separate' | 'Embedded';
}

const sendMessage = { netFn: 6, command: 0x34 };
const none = new Uint8Array();

/** A controller that is off and locates nothing. */
export function aController(changes: Partial<SimulatedController> = {}): SimulatedController {
  return { power: 'Off', locates: [], commands: [], ...changes };
}

/** The LAN messages that answer a Send Message, in order. @throws DecodeError */
export function answerBridged(bus: SimulatedBus, request: IpmiRequest & { sequence: number }): Uint8Array[] {
  const { sequence } = request;
  const path: string[] = [];
  let inner: IpmiRequest = request;
  let address = bmcAddress;
  for (let hop = bridgedMessage(inner); hop !== undefined; hop = bridgedMessage(inner)) {
    path.push(`${hop.channel}:${hop.address.toString(16)}`);
    address = hop.address;
    inner = decodeLanRequest(hop.message);
  }
  const controller = bus.controllers.get(path.join('/'));
  if (controller === undefined) {
    return [encodeLanResponse({ ...sendMessage, sequence, completionCode: 0x83, data: none })];
  }
  const done = { netFn: inner.netFn, command: inner.command, sequence, ...executeOn(controller, inner) };
  const acknowledged = { ...sendMessage, sequence, completionCode: 0, data: none };
  if (bus.style === 'Separate') {
    return [
      ...path.map(() => encodeLanResponse(acknowledged)),
      encodeLanResponse(done, byteAt(request.data, 4, 'Send Message'), address),
    ];
  }
  let data = encodeLanResponse(done, bmcAddress, address);
  for (let hops = path.length; hops > 1; hops--)
    data = encodeLanResponse({ ...acknowledged, data }, bmcAddress);
  return [encodeLanResponse({ ...acknowledged, data })];
}

/** What a BMC does with a command that is none of power: it has a repository when there is something behind it. */
export function executeOther(
  bus: SimulatedBus | undefined,
  request: IpmiRequest,
): { completionCode: number; data: Uint8Array } {
  const own = bus?.controllers.get('');
  return own === undefined ? { completionCode: 0xc1, data: none } : executeOn(own, request);
}

/** What a controller does with a command of its own. */
export function executeOn(
  controller: SimulatedController,
  request: IpmiRequest,
): { completionCode: number; data: Uint8Array } {
  const name = `${request.netFn}/${request.command}`;
  const done = (data: Uint8Array = none) => ({ completionCode: 0, data });
  controller.commands.push(`${name} ${Buffer.from(request.data).toString('hex')}`.trim());
  switch (name) {
    case '0/1':
      return done(Uint8Array.of(controller.power === 'On' ? 0x21 : 0x20, 0, 0));
    case '0/2':
      controller.power = request.data[0] === 1 ? 'On' : 'Off';
      return done();
    case '0/8':
      return done();
    case '6/1':
      return done(Uint8Array.of(0x20, 1, 1, 0, 2, 0xbf, 0x0b, 0, 0, 0, 0));
    case '10/34':
      return done(Uint8Array.of(0x12, 0x34));
    case '10/35':
      return getRecord(controller.locates, request.data);
    default:
      return { completionCode: 0xc1, data: none };
  }
}

/** Get SDR: the first record is a sensor, the others locate controllers. */
function getRecord(locates: readonly ControllerRecord[], data: Uint8Array) {
  const record = byteAt(data, 2, 'Get SDR') | (byteAt(data, 3, 'Get SDR') << 8);
  const [offset, length] = [byteAt(data, 4, 'Get SDR'), byteAt(data, 5, 'Get SDR')];
  const located = locates[record - 1];
  if (data[0] !== 0x12 || data[1] !== 0x34 || (record > 0 && located === undefined)) {
    return { completionCode: 0xcb, data: none };
  }
  // More would not fit into a message on an IPMB.
  if (length > 16) return { completionCode: 0xca, data: none };
  const whole =
    located === undefined ? encodeRecord(0, 0x01, new Uint8Array(43)) : encodeLocator(record, located);
  const next = record < locates.length ? record + 1 : 0xffff;
  return {
    completionCode: 0,
    data: concat([next & 0xff, next >> 8], whole.subarray(offset, offset + length)),
  };
}

function encodeLocator(record: number, { address, channel, name }: ControllerRecord): Uint8Array {
  const text = Buffer.from(name, 'latin1');
  return encodeRecord(
    record,
    0x12,
    concat([address, channel, 0, 0x29, 0, 0, 0, 0x2e, 1, 0, 0xc0 | text.length], text),
  );
}

function encodeRecord(record: number, type: number, body: Uint8Array): Uint8Array {
  return concat([record & 0xff, record >> 8, 0x51, type, body.length], body);
}
