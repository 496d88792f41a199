import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/agent/command-line.ts';
import { openRack, type RackAccess } from '../../../src/agent/rack/access.ts';
import { createRackClient } from '../../../src/agent/rack/client.ts';
import { createHttpSender } from '../../../src/agent/rack/http.ts';
import { systemTiming, type Timing } from '../../../src/agent/time.ts';
import { messageOf } from '../../../src/errors/coded-error.ts';
import {
  makeAuthority,
  type TestAuthority,
} from '../../../src/rack/http-boot/certificate/test-certificates.ts';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { address, type HttpsRack, startHttpsRack } from './https-rack.ts';

const mac = '52:54:00:00:00:01';
const signal = AbortSignal.timeout(60_000);
const names = 'DNS:rack.example,DNS:localhost';

let running: HttpsRack;
let ours: TestAuthority;
let theirs: TestAuthority;
/** `GET /agent/v1/task over HTTPS`, of each answer. */
let answered: string[] = [];
/** Programs that the agent ran. */
let ran: string[] = [];

beforeAll(async () => {
  [ours, theirs] = await Promise.all([makeAuthority('ours'), makeAuthority('theirs')]);
  running = await startHttpsRack(false, {
    answered: ({ route, secure }) => answered.push(`${route} over ${secure ? 'HTTPS' : 'HTTP'}`),
  });
  const { rack } = running;
  const kernelDigest = await rack.addImage(Buffer.from('kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('initrd'));
  await Promise.all([rack.images.ensure(kernelDigest), rack.images.ensure(initrdDigest)]);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };
  rack.dhcp(mac, address);
});
afterAll(async () => {
  await running.stop();
  await Promise.all([ours.remove(), theirs.remove()]);
});

let generation = 0;
beforeEach(async () => {
  await serve(await ours.sign(names));
  generation += 1;
  const { machines } = running.rack.machines;
  machines.set('node-1', aMachine('node-1', mac, expecting('Inventory', generation)));
  [answered, ran] = [[], []];
});

/** What the kernel of a machine that boots now is told. */
async function bootText(): Promise<string> {
  return (await call(`http://${address}:${running.ports.http}/boot/52-54-00-00-00-01.ipxe`)).text;
}

function access(text: string, timing: Timing = systemTiming): Promise<RackAccess | { refused: string }> {
  const line = parseCommandLine(text);
  if (line === undefined) throw new Error(`no command line: ${text}`);
  const run = async (program: string, args: readonly string[]) => {
    ran.push([program, ...args].join(' '));
    return { status: 0, stdout: '', stderr: '' };
  };
  const deps = { send: createHttpSender(), timing, run, onSilence: () => undefined };
  return openRack(line.rack, line.secure, deps, signal);
}

async function open(text: string): Promise<RackAccess> {
  const opened = await access(text);
  if ('refused' in opened) throw new Error(opened.refused);
  return opened;
}

/** By a connection of its own. */
async function send({ api, transport }: RackAccess): Promise<string> {
  const made = transport(1);
  const call = { method: 'GET', url: `${api}/healthz`, signal, silenceMs: 5_000 } as const;
  try {
    return `HTTP ${(await createHttpSender(made)(call)).status}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    made.agent.destroy();
  }
}

/** SHA-256 of the certificate that the rack serves at the moment; undefined: none. */
async function served(): Promise<string | undefined> {
  const socket = connect({ host: address, port: running.ports.https, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** Writes the Secret, and waits until its certificate is served. */
async function serve(certificate: Parameters<HttpsRack['put']>[0]): Promise<void> {
  await running.put(certificate);
  await expect.poll(served).toBe(new X509Certificate(certificate.cert).fingerprint256);
}

describe('an agent of a rack with a certificate', () => {
  it('gives its boot token away by HTTPS alone', async () => {
    const text = await bootText();
    const opened = await open(text);
    const client = createRackClient({
      ...{ rack: opened.api, send: createHttpSender(opened.transport(4)), timing: systemTiming },
      ...{ nonce: () => randomBytes(32).toString('base64url'), onSilence: () => undefined },
    });
    const session = await client.openSession(tokenOf(text) ?? '', { macAddresses: [mac] }, signal);
    if ('refused' in session) throw new Error(session.refused);
    await client.nextTask(session.sessionKey, signal);
    expect(answered.filter((line) => line.startsWith('/agent'))).toEqual([
      '/agent/v1/authority over HTTP',
      '/agent/v1/sessions over HTTPS',
      '/agent/v1/task over HTTPS',
    ]);
  });

  it('goes on when the certificate is renewed', async () => {
    const opened = await open(await bootText());
    await serve(await ours.sign(`${names},DNS:renewed`));
    expect(await send(opened)).toBe('HTTP 200');
  });

  it('goes on with no rack whose authority is another one', async () => {
    const text = await bootText();
    await serve(await theirs.sign(names));
    expect(await access(text)).toMatchObject({
      refused: expect.stringContaining('not the one of the kernel command line'),
    });
  });

  it('speaks to nobody who names the right authority and has no certificate of it', async () => {
    const opened = await open(await bootText());
    await serve({ ...(await theirs.sign(names)), authority: ours.cert });
    expect(await send(opened)).toMatch(/certificate/);
  });

  it('speaks to nobody who has another name', async () => {
    const opened = await open(await bootText());
    await serve(await ours.sign('DNS:operator.example'));
    expect(await send(opened)).toMatch(/does not match/);
  });

  it('sets a clock that is years behind, for no certificate would be valid yet', async () => {
    const timing = { ...systemTiming, now: () => Date.parse('2001-01-01T00:00:00Z') };
    expect(await access(await bootText(), timing)).not.toHaveProperty('refused');
    expect(ran).toEqual([expect.stringMatching(/^date -u -s @1[789]\d{8}$/)]);
  });

  it('leaves a clock that is right alone', async () => {
    await open(await bootText());
    expect(ran).toEqual([]);
  });

  it('does not fall back to HTTP where the words for HTTPS are not whole', async () => {
    const text = (await bootText()).replace(/mw\.ca=\S+/, '');
    expect(await access(text)).toMatchObject({ refused: expect.stringContaining('mw.ca') });
  });
});
