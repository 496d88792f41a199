import type { IpmiAnswer, IpmiRequest } from '../../../domain/ipmi/message.ts';

/** A BMC in memory, with what it was told to keep. Channel 1 is its LAN. */
export interface FakeBmc {
  names: Map<number, string>;
  passwords: Map<number, string>;
  access: Map<number, { privilege: number; enabled: boolean }>;
  address: number[];
  suites: number[];
  levels: number[];
  key: string | undefined;
  /** How many bytes of a password it keeps. */
  keeps: number;
  /** Requests that it refuses: `netFn/command` in hex, and its completion code. */
  refuses: Map<string, number>;
  send(request: IpmiRequest): Promise<IpmiAnswer>;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');

/** Ten users, of whom the second is `admin`; cipher suites 0, 3 and 17. */
export function aBmc(differences: Partial<FakeBmc> = {}): FakeBmc {
  const done = (...data: number[]): IpmiAnswer => ({ completionCode: 0, data: Uint8Array.from(data) });
  const bmc: FakeBmc = {
    names: new Map([[2, 'admin']]),
    passwords: new Map([[2, 'factory']]),
    access: new Map([[2, { privilege: 4, enabled: true }]]),
    address: [192, 0, 2, 77],
    suites: [0, 3, 17],
    levels: [4, 4, 4],
    key: undefined,
    keeps: 20,
    refuses: new Map(),
    async send({ netFn, command, data }) {
      const name = `${netFn.toString(16)}/${command.toString(16)}`;
      const refusal = bmc.refuses.get(name);
      if (refusal !== undefined) return { completionCode: refusal, data: Uint8Array.of() };
      const [first = 0, second = 0] = data;
      const user = first & 0x3f;
      switch (name) {
        case '6/1':
          return done(0x20, 1);
        case '6/42':
          return first === 1 ? done(1, 4) : { completionCode: 0xcc, data: Uint8Array.of() };
        case '6/44': {
          const { privilege = 15, enabled = false } = bmc.access.get(second) ?? {};
          return done(10, enabled ? 0x41 : 0x81, 1, 0x10 | privilege);
        }
        case '6/46':
          return done(...Buffer.from((bmc.names.get(user) ?? '').padEnd(16, '\0'), 'latin1'));
        case '6/45':
          bmc.names.set(user, text(data.subarray(1)));
          return done();
        case '6/47':
          return password(user, second & 3, text(data.subarray(2)));
        case '6/43':
          bmc.access.set(second, { privilege: data[2] ?? 0, enabled: false });
          return done();
        case '6/41':
          return done(0x3a, 4);
        case '6/40':
          return done();
        case '6/56':
          bmc.key = text(data.subarray(3));
          return done();
        case 'c/2':
          return parameter(second);
        case 'c/1':
          bmc.levels = [...data.subarray(3)].flatMap((pair) => [pair & 0xf, pair >> 4]).slice(0, 3);
          return done();
        default:
          return { completionCode: 0xc1, data: Uint8Array.of() };
      }
    },
    ...differences,
  };

  function password(user: number, operation: number, given: string): IpmiAnswer {
    if (operation === 1) bmc.access.set(user, { privilege: 4, ...bmc.access.get(user), enabled: true });
    if (operation === 2) bmc.passwords.set(user, given.slice(0, bmc.keeps));
    const isRight = bmc.passwords.get(user) === given.slice(0, bmc.keeps);
    return operation === 3 && !isRight ? { completionCode: 0x80, data: Uint8Array.of() } : done();
  }

  function parameter(which: number): IpmiAnswer {
    const [one = 0, two = 0, three = 0] = bmc.levels;
    if (which === 3) return done(0x11, ...bmc.address);
    if (which === 22) return done(0x11, bmc.suites.length);
    if (which === 23) return done(0x11, 0, ...bmc.suites);
    return done(0x11, 0, one | (two << 4), three, 0, 0, 0, 0, 0, 0);
  }
  return bmc;
}
