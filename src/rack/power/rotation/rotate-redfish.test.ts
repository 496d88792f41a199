import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textsOfStore } from '../../../api/bmc/stored-credentials.ts';
import { makePassword } from '../../../domain/bmc-password.ts';
import { silentLogger } from '../../../log/logger.ts';
import { createBmcLock } from '../bmc-lock.ts';
import type { PowerTarget } from '../driver.ts';
import { type RedfishSimulator, startRedfishSimulator } from '../testing/redfish-simulator.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { rotateCredentials } from './rotate.ts';

const signal = new AbortController().signal;
const username = 'metalwright';
const former = makePassword(20, randomBytes);
const wanted = makePassword(20, randomBytes);
const certificate = selfSigned();
let bmc: RedfishSimulator;

beforeEach(async () => {
  bmc = await startRedfishSimulator({ username, password: former }, certificate);
  bmc.faults.account = 'works';
});
afterEach(() => bmc.close());

/** A Secret in which the wanted password is a candidate. */
function target(): PowerTarget {
  const base = { driver: 'redfish', address: bmc.address, username } as const;
  const store = {
    current: { ...base, id: 'old', password: former },
    candidates: [{ ...base, id: 'new', password: wanted }],
  };
  return {
    ...{ address: bmc.address, username, password: former, secret: textsOfStore(store) },
    ...{ bootMode: 'UEFI', parameters: {}, tls: { fingerprint: certificate.fingerprint } },
  };
}

async function rotate(at = target()): Promise<void> {
  const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };
  const lock = createBmcLock({ clock: { now: () => Date.now() }, delay: async () => {}, pacing });
  await rotateCredentials({ driver: 'redfish', target: at }, 'new', { lock, log: silentLogger }, signal);
}

const changes = (): number => bmc.requests.filter(({ method }) => method === 'PATCH').length;

describe('another password for an account of Redfish', () => {
  it('is set once, and again changes nothing', async () => {
    await rotate();
    await rotate();
    expect(changes()).toBe(1);
    expect(bmc.sessions.size).toBe(0);
  });

  it.each([
    ['refuses', 'BmcProtocolError'],
    ['forgets', 'BmcProtocolError'],
    ['none', 'BmcUnsupported'],
  ] as const)('fails by name at a BMC whose account %s, and shows no password', async (account, code) => {
    bmc.faults.account = account;
    const failure: unknown = await rotate().then(
      () => undefined,
      (error) => error,
    );
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain(wanted);
  });

  it('is not sent over http', async () => {
    const plain = await startRedfishSimulator({ username, password: former });
    plain.faults.account = 'works';
    const { tls: _, ...rest } = target();
    await expect(rotate({ ...rest, address: plain.address })).rejects.toMatchObject({ code: 'BmcTlsFailed' });
    await plain.close();
  });
});
