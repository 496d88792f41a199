import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address, aRequest, ascii, quad, type RequestOptions } from '../../../test/fixtures/packets/dhcp4.ts';
import { selectBootFile } from './boot-file.ts';
import { messageType as message, option, readNumber, readText } from './options.ts';
import { type Dhcp4Packet, decodePacket } from './packet.ts';
import { bootItem } from './proxy-packet.ts';
import { bootServerRequest, type ProxyContext, type ProxyOutcome, proxyRequest } from './proxy-request.ts';
import { relayAgentOf } from './relay-agent.ts';
import { second, subnet, unknown } from './testing/a-server.ts';

const pxe = (architecture: number): Record<number, Uint8Array> => ({
  55: Uint8Array.of(1, 3, 43, 60, 66, 67),
  60: ascii(`PXEClient:Arch:0000${architecture}:UNDI:003001`),
  93: Uint8Array.of(0, architecture),
  97: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
});
const ipxe = { ...pxe(0), 77: ascii('iPXE'), 175: Uint8Array.of(177, 1, 1) };
const http = { 60: ascii('HTTPClient:Arch:00016:UNDI:003001'), 93: Uint8Array.of(0, 16) };

function contextFor(packet: Dhcp4Packet, change: Partial<ProxyContext> = {}): ProxyContext {
  return {
    device: 'eth0',
    network: { vlan: 'v', mode: 'Proxy', subnets: [subnet, second] },
    relay: relayAgentOf(packet),
    source: 0,
    redirect: true,
    boot: (client, { serverAddress }) =>
      selectBootFile(client, {
        tftpServer: serverAddress,
        httpBase: `http://${serverAddress}:7480`,
        mac: client.mac,
      }),
    ...change,
  };
}

function on67(wanted: RequestOptions, change: Partial<ProxyContext> = {}): ProxyOutcome {
  const packet = aRequest(wanted);
  return proxyRequest(packet, contextFor(packet, change));
}

function on4011(wanted: RequestOptions, source: string, change: Partial<ProxyContext> = {}): ProxyOutcome {
  const packet = aRequest(wanted);
  return bootServerRequest(packet, contextFor(packet, { source: quad(source), ...change }));
}

function read({ reply }: ProxyOutcome): Dhcp4Packet {
  if (reply === undefined) throw new Error('no reply');
  return decodePacket(Uint8Array.from(reply.bytes));
}

const text = (packet: Dhcp4Packet, row: (typeof option)['vendorClass' | 'bootFileName']) =>
  readText(packet.options, row);

describe('a DISCOVER where another server gives the addresses', () => {
  it('of BIOS firmware gets the whole answer but an address', () => {
    const offer = read(on67({ options: pxe(0) }));
    expect(offer).toMatchObject({ yiaddr: 0, ciaddr: 0, siaddr: quad('10.0.0.1'), file: 'undionly.kpxe' });
    expect(readNumber(offer.options, option.messageType)).toBe(message.offer);
    expect(text(offer, option.vendorClass)).toBe('PXEClient');
    expect(offer.options.get(43)).toEqual(Uint8Array.of(6, 1, 8, 255));
    expect(offer.options.get(97)).toEqual(pxe(0)[97]);
    for (const code of [1, 3, 6, 51, 58, 59]) expect(offer.options.has(code)).toBe(false);
  });

  it('is answered by broadcast: nobody has an address yet', () => {
    const { reply } = on67({ options: pxe(0) });
    expect(reply?.destination).toEqual({ kind: 'Broadcast' });
    expect(read({ reply: reply! }).flags & 0x8000).toBe(0x8000);
  });

  it('of UEFI firmware is sent to port 4011, where that is served', () => {
    const there = read(on67({ options: pxe(7) }));
    expect(there).toMatchObject({ siaddr: quad('10.0.0.1'), file: '' });
    expect([there.options.has(43), there.options.has(67)]).toEqual([false, false]);
    expect(read(on67({ options: pxe(7) }, { redirect: false })).file).toBe('snponly.efi');
  });

  it('of iPXE gets its script, and the option by which iPXE knows a proxy', () => {
    const offer = read(on67({ options: ipxe }));
    expect(text(offer, option.vendorClass)).toBe('PXEClient');
    expect(offer.file).toBe('http://10.0.0.1:7480/boot/52-54-00-00-00-01.ipxe');
    // 176 in option 175 would tell it to wait for no proxy.
    expect(offer.options.has(175)).toBe(false);
  });

  it('of UEFI HTTP gets an URI', () => {
    const offer = read(on67({ options: http }));
    expect(text(offer, option.vendorClass)).toBe('HTTPClient');
    expect(text(offer, option.bootFileName)).toBe('http://10.0.0.1:7480/loaders/snponly.efi');
    expect(offer.options.has(43)).toBe(false);
  });

  it.each<[string, RequestOptions, Partial<ProxyContext>]>([
    ['of an operating system', {}, {}],
    ['of a machine that is not to boot', { options: pxe(0) }, { boot: () => ({ kind: 'None' }) }],
    [
      'on a subnet where nobody boots',
      { options: pxe(0) },
      { network: { vlan: 'v', mode: 'Proxy', subnets: [{ ...subnet, bootDisabled: true }] } },
    ],
    ['without a hardware address', { options: pxe(0), mac: '00:00:00:00:00:00' }, {}],
  ])('%s gets no answer', (_sentence, wanted, change) => {
    expect(on67(wanted, change).reply).toBeUndefined();
  });

  it('behind a relay goes back to the relay, whole, with what the relay said', () => {
    const options = { ...pxe(7), 82: Uint8Array.of(1, 1, 9) };
    const outcome = on67({ giaddr: '10.0.1.9', options });
    expect(outcome.reply?.destination).toEqual({ kind: 'Relay', address: quad('10.0.1.9') });
    const offer = read(outcome);
    expect(offer).toMatchObject({ file: 'snponly.efi', siaddr: quad('10.0.1.1') });
    expect(offer.options.get(82)).toEqual(options[82]);
  });
});

describe('a REQUEST to the other server', () => {
  it.each<[string, RequestOptions]>([
    ['names the address that the client takes', { options: { 50: address('10.0.0.77') } }],
    ['names the address that it has', { ciaddr: '10.0.0.77' }],
  ])('%s, which is noted and not answered', (_sentence, wanted) => {
    const outcome = on67({ type: message.request, ...wanted });
    expect(outcome.reply).toBeUndefined();
    expect(outcome.sighting).toMatchObject({
      ...{ mac: unknown, device: 'eth0', vlan: 'v', subnet: 'a' },
      ...{ address: '10.0.0.77', stage: 'Ack', overheard: true },
    });
  });

  it.each<[string, RequestOptions]>([
    ['of an address that is on none of the subnets', { options: { 50: address('192.0.2.7') } }],
    ['behind a relay', { options: { 50: address('10.0.0.77') }, giaddr: '10.0.0.9' }],
    ['without an address', {}],
  ])('%s is not noted', (_sentence, wanted) => {
    expect(on67({ type: message.request, ...wanted }).sighting).toBeUndefined();
  });

  it('is nothing for a release or a decline', () => {
    for (const type of [message.release, message.decline, message.inform]) {
      expect(on67({ type, options: { ...pxe(0), 50: address('10.0.0.77') } })).not.toHaveProperty('sighting');
    }
  });
});

describe('port 4011', () => {
  const own = { ciaddr: '10.0.1.77', options: pxe(7), type: message.request };

  it('tells the file to a client that has an address, and notes it', () => {
    const outcome = on4011(own, '10.0.1.77');
    expect(read(outcome)).toMatchObject({
      ...{ ciaddr: quad('10.0.1.77'), yiaddr: 0, siaddr: quad('10.0.1.1'), file: 'snponly.efi' },
    });
    expect(outcome.sighting).toMatchObject({ address: '10.0.1.77', subnet: 'b', overheard: true });
  });

  it.each([
    ['REQUEST', message.request, message.ack],
    ['INFORM', message.inform, message.ack],
    ['DISCOVER', message.discover, message.offer],
  ])('answers a %s', (_name, type, expected) => {
    const reply = read(on4011({ ...own, type }, '10.0.1.77'));
    expect(readNumber(reply.options, option.messageType)).toBe(expected);
  });

  it('takes the address of a client that names none from where it speaks', () => {
    expect(on4011({ ...own, ciaddr: '0.0.0.0' }, '10.0.1.77').reply).toBeDefined();
  });

  it('notes nothing where this rack gives the addresses itself', () => {
    const network = { vlan: 'v', subnets: [subnet, second] };
    const outcome = on4011(own, '10.0.1.77', { network });
    expect(outcome.reply).toBeDefined();
    expect(outcome.sighting).toBeUndefined();
  });

  it.each<[string, RequestOptions, string]>([
    ['who speaks from another address than its own', own, '10.0.1.78'],
    ['who is on none of the subnets', { ...own, ciaddr: '192.0.2.7' }, '192.0.2.7'],
    ['an operating system', { ...own, options: {} }, '10.0.1.77'],
    ['who releases its address', { ...own, type: message.release }, '10.0.1.77'],
  ])('says nothing to %s', (_sentence, wanted, source) => {
    expect(on4011(wanted, source).reply).toBeUndefined();
  });

  it.each([
    ['the bootstrap item is repeated', [71, 4, 0, 0, 0, 0, 255], [6, 1, 8, 71, 4, 0, 0, 0, 0, 255]],
    ['its layer too', [0, 0, 71, 4, 0, 0, 0x80, 2], [6, 1, 8, 71, 4, 0, 0, 0x80, 2, 255]],
    ['another option 43 is not', [1, 1, 1, 255], [6, 1, 8, 255]],
    ['a misshapen item is none', [71, 2, 0, 9, 255], [6, 1, 8, 255]],
  ])('%s', (_sentence, asked, expected) => {
    const options = { ...pxe(7), 43: Uint8Array.from(asked) };
    expect(read(on4011({ ...own, options }, '10.0.1.77')).options.get(43)).toEqual(Uint8Array.from(expected));
  });

  it("leaves another boot server's item alone", () => {
    const options = { ...pxe(7), 43: Uint8Array.of(71, 4, 0, 5, 0, 0, 255) };
    expect(on4011({ ...own, options }, '10.0.1.77').reply).toBeUndefined();
  });

  it('takes any bytes for option 43', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        bootItem(aRequest({ options: { 43: bytes } }));
      }),
    );
  });
});
