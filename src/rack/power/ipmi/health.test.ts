import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { Connection, Send, TrySend } from './connection.ts';
import { decodeEntry, decodeLogInfo } from './event-log.ts';
import { readIpmiHealth } from './health.ts';
import type { IpmiRequest } from './lan-message.ts';
import { convert, decodeIdString, decodeSensorRecord } from './sensor-record.ts';
import { decodeReading } from './sensors.ts';

const { signal } = new AbortController();
const text = (name: string): number[] => [0xc0 | name.length, ...Buffer.from(name, 'latin1')];

interface Described {
  number: number;
  name: string;
  type?: number;
  eventType?: number;
  unit?: number;
  units1?: number;
  m?: number;
  b?: number;
  exponents?: number;
  owner?: number;
}

/** A full record (table 43-1). */
function full(id: number, about: Described): number[] {
  const {
    number,
    name,
    type = 1,
    eventType = 1,
    unit = 1,
    units1 = 0,
    m = 1,
    b = 0,
    exponents = 0,
    owner = 0x20,
  } = about;
  const body = [
    ...[owner, 0, number, 7, 1, 0x7f, 0x68, type, eventType, 0, 0, 0, 0, 0, 0, units1, unit, 0, 0],
    ...[m & 0xff, (m >> 2) & 0xc0, b & 0xff, (b >> 2) & 0xc0, 0, exponents, 0, 0, 0, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...text(name)],
  ];
  return [id & 0xff, id >> 8, 0x51, 0x01, body.length, ...body];
}

/** A compact record (table 43-2). */
function compact(id: number, about: Described, shared = 1): number[] {
  const { number, name, type = 8, eventType = 0x6f } = about;
  const body = [
    ...[0x20, 0, number, 10, 1, 0x67, 0x40, type, eventType, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0],
    ...[shared, 0x80, 0, 0, 0, 0, 0, 0, ...text(name)],
  ];
  return [id & 0xff, id >> 8, 0x51, 0x02, body.length, ...body];
}

/** Entry of an event (table 32-1). */
function event(
  id: number,
  type: number,
  number: number,
  eventType: number,
  offset: number,
  at = 0x60000000,
): number[] {
  const time = [at & 0xff, (at >> 8) & 0xff, (at >> 16) & 0xff, at >>> 24];
  return [id & 0xff, id >> 8, 2, ...time, 0x20, 0, 4, type, number, eventType, offset, 0xff, 0xff];
}

interface Bmc {
  records: number[][];
  readings: Record<number, number[]>;
  log: number[][];
  erased: number;
  /** Reads no record as a whole, as small BMCs. */
  readsPieces: boolean;
  has: { repository: boolean; log: boolean };
  requests: number;
  turns: number[];
}

function aBmc(differences: Partial<Bmc> = {}): Bmc {
  const has = { repository: true, log: true };
  const none = { records: [], readings: {}, log: [], erased: 1, readsPieces: false, requests: 0, turns: [] };
  return { ...none, has, ...differences };
}

/** Undefined: refused. */
function answer(bmc: Bmc, { netFn, command, data }: IpmiRequest): number[] | undefined {
  bmc.requests += 1;
  const [, , low = 0, high = 0, offset = 0, length = 0] = data;
  const id = low | (high << 8);
  switch (`${netFn}/${command}`) {
    case '6/1':
      return [0x20, 1, 0x82, 0x17];
    case '10/34':
      return bmc.has.repository ? [7, 0] : undefined;
    case '10/35': {
      const index = id === 0 ? 0 : bmc.records.findIndex((one) => (one[0] ?? 0) + 256 * (one[1] ?? 0) === id);
      const record = bmc.records[index];
      if (record === undefined || !bmc.has.repository || (bmc.readsPieces && length > 20)) return undefined;
      const next = bmc.records[index + 1];
      return [next?.[0] ?? 0xff, next?.[1] ?? 0xff, ...record.slice(offset, offset + length)];
    }
    case '4/45':
      return bmc.readings[data[0] ?? 0];
    case '10/64': {
      const times = [bmc.log.length, 0, 0, 0, bmc.erased, 0, 0, 0];
      return bmc.has.log ? [0x51, bmc.log.length & 0xff, bmc.log.length >> 8, 0, 0, ...times, 2] : undefined;
    }
    case '10/67': {
      const index = id === 0 ? 0 : bmc.log.findIndex((one) => (one[0] ?? 0) + 256 * (one[1] ?? 0) === id);
      const entry = bmc.log[index];
      const next = bmc.log[index + 1];
      return entry === undefined ? undefined : [next?.[0] ?? 0xff, next?.[1] ?? 0xff, ...entry];
    }
    default:
      return undefined;
  }
}

function look(bmc: Bmc, cursor?: string) {
  const trySend: TrySend = async (request) => {
    const data = answer(bmc, request);
    return data === undefined ? undefined : Uint8Array.from(data);
  };
  const send: Send = async (request, what) => {
    const data = await trySend(request, what);
    if (data === undefined) throw new Error('refused');
    return data;
  };
  const connection: Connection = { use: (work) => work(send, trySend), close: async () => {} };
  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = bmc.requests;
    const result = await work();
    bmc.turns.push(bmc.requests - before);
    return result;
  };
  return readIpmiHealth(connection, { cursor, turn }, signal);
}

const on = 0xc0;
const server = (): Bmc =>
  aBmc({
    records: [
      full(1, { number: 1, name: 'CPU Temp' }),
      full(2, { number: 2, name: 'P12V', type: 2, unit: 4, m: 63, exponents: 0xd0 }),
      full(3, { number: 3, name: 'FAN1', type: 4, unit: 18, m: 100 }),
      [4, 0, 0x51, 0x12, 2, 1, 2],
      compact(5, { number: 10, name: 'PSU' }, 2),
      full(6, { number: 9, name: 'Elsewhere', owner: 0x2c }),
      full(7, { number: 4, name: 'Ambient', unit: 2 }),
    ],
    readings: {
      1: [96, on, 0b11000],
      2: [192, on, 0],
      3: [0, on | 0x20, 0],
      4: [68, on, 0],
      10: [0, on, 0b00001, 0x80],
      11: [0, on, 0b00011, 0x80],
    },
  });

describe('sensors of IPMI', () => {
  it.each([false, true])('are read and judged, in pieces: %s', async (readsPieces) => {
    const report = await look({ ...server(), readsPieces });
    expect(report.sensors).toEqual([
      { name: 'CPU Temp', kind: 'Temperature', unit: 'Celsius', value: 96 },
      { name: 'P12V', kind: 'Voltage', unit: 'Volts', value: 12.096 },
      { name: 'Ambient', kind: 'Temperature', unit: 'Celsius', value: 20 },
    ]);
    expect(report.components).toEqual([
      { name: 'CPU Temp', health: 'Critical', message: 'above its upper critical threshold' },
      { name: 'PSU 2', health: 'Critical', message: 'failure' },
    ]);
    expect(report).toMatchObject({ overall: 'Critical', firmware: { BMC: '2.17' }, secureBoot: undefined });
  });

  it('are asked in small turns, and no more of them than there is time for', async () => {
    const records = Array.from({ length: 600 }, (_, index) =>
      full(index + 1, { number: index & 0xff, name: `S${index}` }),
    );
    const readings = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [index, [20, on, 0]]));
    const bmc = aBmc({ records, readings });
    const report = await look(bmc);
    expect(Math.max(...bmc.turns)).toBeLessThanOrEqual(17);
    expect(bmc.requests).toBeLessThan(512 + 160 + 20);
    expect(report.sensors).toHaveLength(64);
    expect(report.overall).toBe('OK');
  });

  it('are none of a BMC without a repository or a log: nothing is known of its health', async () => {
    const report = await look(aBmc({ has: { repository: false, log: false } }));
    expect(report).toMatchObject({ overall: 'Unknown', sensors: [], components: [], log: { news: [] } });
    expect(report.log.cursor).toBeUndefined();
  });
});

describe('the event log of IPMI', () => {
  it('is news from the second look on, each entry once, and says what it counted', async () => {
    const bmc = server();
    bmc.log = [event(1, 1, 1, 1, 9), event(2, 8, 11, 0x6f, 1)];
    const first = await look(bmc);
    expect(first.log).toMatchObject({ news: [], critical: 2 });
    expect((await look(bmc, first.log.cursor)).log).toEqual(first.log);
    bmc.log.push(event(3, 8, 11, 0x6f | 0x80, 1), event(4, 12, 0x55, 0x6f, 1, 60));
    const second = await look(bmc, first.log.cursor);
    expect(second.log.news).toEqual([
      { at: '2021-01-14T08:25:36.000Z', severity: 'OK', message: 'PSU 2: no longer failure' },
      { at: undefined, severity: 'Critical', message: 'Memory #85: uncorrectable error of memory' },
    ]);
    expect(second.log.critical).toBe(3);
    expect((await look(bmc, second.log.cursor)).log.news).toEqual([]);
  });

  it('begins anew when it was cleared', async () => {
    const bmc = server();
    bmc.log = [event(1, 1, 1, 1, 9)];
    const { cursor } = (await look(bmc)).log;
    [bmc.erased, bmc.log] = [2, [event(1, 8, 10, 0x6f, 3)]];
    const after = await look(bmc, cursor);
    expect(after.log.news.map(({ message }) => message)).toEqual(['PSU 1: input lost']);
    expect(after.log.critical).toBe(0);
    [bmc.erased, bmc.log] = [3, []];
    expect((await look(bmc, after.log.cursor)).log).toMatchObject({ news: [], critical: 0 });
  });

  it('is read on at the next look where it is long, and none of it twice', async () => {
    const bmc = aBmc();
    bmc.log = [event(1, 1, 1, 1, 9)];
    let { cursor } = (await look(bmc)).log;
    for (let id = 2; id <= 700; id += 1) bmc.log.push(event(id, 1, 1, 1, 9, 0x60000000 + id));
    const seen: (string | undefined)[] = [];
    for (let nth = 0; nth < 4; nth += 1) {
      const { log } = await look(bmc, cursor);
      expect(log.news.length).toBeLessThanOrEqual(256);
      seen.push(...log.news.map(({ at }) => at));
      cursor = log.cursor;
    }
    expect(new Set(seen).size).toBe(699);
    expect(seen).toHaveLength(699);
  });
});

describe('the codecs of sensors and events', () => {
  it.each([
    ['linear', { m: 2, b: 10, bExponent: 1, rExponent: -1, linearization: 0 }, 100, 30],
    ['negative factors', { m: -1, b: 5, bExponent: 0, rExponent: 0, linearization: 0 }, 7, -2],
    ['a square', { m: 1, b: 0, bExponent: 0, rExponent: 0, linearization: 8 }, 12, 144],
    ['nothing known', { m: 1, b: 0, bExponent: 0, rExponent: 0, linearization: 0x70 }, 12, undefined],
    ['no number', { m: 1, b: 0, bExponent: 0, rExponent: 0, linearization: 7 }, 0, undefined],
  ])('convert by %s', (_sentence, factors, raw, value) => {
    expect(convert(raw, { format: 'Unsigned', ...factors })).toBe(value);
  });

  it('know negative readings', () => {
    const factors = { m: 1, b: 0, bExponent: 0, rExponent: 0, linearization: 0 };
    expect(convert(0xfe, { format: 'TwosComplement', ...factors })).toBe(-2);
    expect(convert(0xfe, { format: 'OnesComplement', ...factors })).toBe(-1);
  });

  it('read names in each of their alphabets', () => {
    expect(decodeIdString(Buffer.from('CPU 1\0x'), 0xc6)).toBe('CPU 1');
    expect(decodeIdString(Uint8Array.of(0x12, 0xab), 0x42)).toBe('12 -');
    // "IPMI" in six bits a character.
    expect(decodeIdString(Uint8Array.of(0x29, 0xdc, 0xa6), 0x83)).toBe('IPMI');
  });

  it('fail with a DecodeError at most', () => {
    const tame = (decode: () => unknown): void => {
      try {
        decode();
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    const headed = fc
      .tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 70 }))
      .map(([type, rest]) => Uint8Array.of(1, 0, 0x51, type, rest.length, ...rest));
    fc.assert(
      fc.property(fc.oneof(headed, fc.uint8Array({ maxLength: 70 })), (bytes) => {
        tame(() => {
          for (const { conversion, name } of decodeSensorRecord(bytes)) {
            expect(name).toMatch(/^[\x20-\x7e]+$/);
            if (conversion !== undefined) convert(200, conversion);
          }
        });
        tame(() => decodeReading(bytes));
        tame(() => decodeLogInfo(bytes));
        tame(() => decodeEntry(bytes, []));
      }),
    );
  });
});
