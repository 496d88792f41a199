import { describe, expect, it } from 'vitest';
import { address, ascii, captured, quad, type RequestOptions } from '../../../test/fixtures/packets/dhcp4.ts';
import { architectures } from './boot-file.ts';
import type { Outcome } from './exchange.ts';
import { messageType as message, option, readNumber, readText } from './options.ts';
import { decodePacket } from './packet.ts';
import { aServer, replyOf, selecting, start, subnet, unknown } from './testing/a-server.ts';

/*
 * What firmware and drivers get wrong, and a server must live with. Each test is one of them; where a report is known, its
 * place is named.
 */

const everyArchitecture = [undefined, ...Object.values(architectures)];
const list = Uint8Array.of(1, 3, 43, 60, 66, 67);

/** A client that boots from the network. */
function firmware(
  kind: 'PXEClient' | 'HTTPClient',
  arch: number | undefined,
  more: Record<number, Uint8Array> = {},
) {
  const options: Record<number, Uint8Array> = {
    60: ascii(`${kind}:Arch:00000:UNDI:003000`),
    55: list,
    ...more,
  };
  if (arch !== undefined) options[93] = Uint8Array.of(arch >> 8, arch);
  return { options };
}

function bytesOf(outcome: Outcome): Uint8Array {
  if (outcome.kind !== 'Reply') throw new Error('no reply');
  return Uint8Array.from(outcome.reply.bytes);
}

/** iPXE's encapsulated options: version, then the feature HTTP, or TFTP alone. */
const ipxeOptions = (http: boolean): Uint8Array =>
  Uint8Array.of(0xeb, 3, 1, 0, 0, 0x17, 1, 1, ...(http ? [0x13, 1, 1] : []));

describe('EDK2', () => {
  it.each(everyArchitecture)(
    'gets option 60 only with discovery control and a file, at architecture %s: with 60 alone it asks a boot server on port 4011 and fails (FOGProject/fog-docs#188)',
    (arch) => {
      for (const subnets of [[subnet], [{ ...subnet, bootDisabled: true }]]) {
        const offer = replyOf(aServer(subnets).ask(firmware('PXEClient', arch)));
        const named = readText(offer.options, option.vendorClass) === 'PXEClient';
        expect(offer.options.has(60)).toBe(named);
        expect(offer.options.get(43)).toEqual(named ? Uint8Array.of(6, 1, 8, 255) : undefined);
        expect(offer.file !== '').toBe(named);
      }
    },
  );

  it('gets everything in one offer: many ROMs merge no second one (danderson/netboot#43)', () => {
    const offer = replyOf(aServer().ask(firmware('PXEClient', architectures.uefiX64)));
    expect(offer).toMatchObject({ address: '10.0.0.100', siaddr: quad('10.0.0.1'), file: 'snponly.efi' });
    expect([1, 3, 43, 51, 54, 60, 66, 67].every((code) => offer.options.has(code))).toBe(true);
  });

  it('gets no boot menu, which its UEFI clients cannot show: discovery control alone, then the end', () => {
    const offer = replyOf(aServer().ask(firmware('PXEClient', architectures.uefiX64)));
    expect([...(offer.options.get(43) ?? [])]).toEqual([6, 1, 8, 255]);
  });

  it('that boots by HTTP gets HTTPClient back and its URI without a NUL, which it would ask for', () => {
    const offer = replyOf(aServer().ask(firmware('HTTPClient', architectures.uefiX64Http)));
    expect(offer.options.get(60)).toEqual(ascii('HTTPClient'));
    expect(offer.options.get(67)?.at(-1)).not.toBe(0);
    expect(offer.options.has(43)).toBe(false);
  });

  it('that asks for broadcast is answered by broadcast', () => {
    const wanted: RequestOptions = { ...firmware('PXEClient', architectures.uefiX64), flags: 0x8000 };
    expect(aServer().ask(wanted)).toMatchObject({ reply: { destination: { kind: 'Broadcast' } } });
  });
});

describe('PXE ROMs', () => {
  it('of Intel that send no option 97 are booted (danderson/pixiecore#21), and others get theirs back', () => {
    const identifier = new Uint8Array(17).fill(3, 1);
    expect(replyOf(aServer().ask(firmware('PXEClient', 0))).file).toBe('undionly.kpxe');
    const offer = replyOf(aServer().ask(firmware('PXEClient', 0, { 97: identifier })));
    expect(offer.options.get(97)).toEqual(identifier);
  });

  it('that send no option 93 are BIOS ones', () => {
    expect(replyOf(aServer().ask(firmware('PXEClient', undefined))).file).toBe('undionly.kpxe');
  });

  it('that read the boot file as a C string find its end, in the header and in option 67', () => {
    const bytes = bytesOf(aServer().ask(firmware('PXEClient', 0)));
    expect(bytes[108 + 'undionly.kpxe'.length]).toBe(0);
    expect(decodePacket(bytes).options.get(67)?.at(-1)).toBe(0);
  });

  it('that take no message below 300 bytes get at least as many', () => {
    expect(bytesOf(aServer().ask({ options: { 55: Uint8Array.of(1) } })).length).toBeGreaterThanOrEqual(300);
  });

  it('that look for the message type at the first place find it there', () => {
    const bytes = bytesOf(aServer().ask(firmware('PXEClient', 0)));
    expect([...bytes.subarray(240, 243)]).toEqual([53, 1, message.offer]);
  });

  it('that cannot put fragments together get one Ethernet frame, whatever size they say they take', () => {
    const options = Array.from({ length: 20 }, (_, n) => ({ code: 224 + n, hex: 'ab'.repeat(200) }));
    const wanted = { options: { 57: Uint8Array.of(0xff, 0xff) } };
    expect(bytesOf(aServer([{ ...subnet, options }]).ask(wanted)).length).toBeLessThanOrEqual(1472);
  });

  it('that say they take less than DHCP allows are taken to take 576 bytes', () => {
    const { options } = replyOf(aServer().ask({ options: { 57: Uint8Array.of(1, 0) } }));
    expect([1, 3, 6, 51, 54].every((code) => options.has(code))).toBe(true);
  });

  it('never find options in the file or server name field: they read them as what they are named', () => {
    const options = Array.from({ length: 6 }, (_, n) => ({
      code: 224 + n,
      hex: 'ab'.repeat(60),
      always: true,
    }));
    const offer = replyOf(aServer([{ ...subnet, options }]).ask(firmware('PXEClient', 0)));
    expect(offer.options.has(52)).toBe(false);
    expect(offer).toMatchObject({ sname: '', file: 'undionly.kpxe' });
  });

  it.each([4, 8, 16, 32])(
    'that ask again %d seconds later, with the same xid, get the same address',
    (seconds) => {
      const server = aServer();
      const first = replyOf(server.ask({ xid: 42 }));
      server.ask({ xid: 43, mac: '52:54:00:00:00:03' });
      server.state.now = start + seconds * 1000;
      const again = replyOf(server.ask({ xid: 42 }));
      expect(again).toMatchObject({ xid: 42, address: first.address });
    },
  );

  it('that repeat a REQUEST whose answer was lost get the same answer', () => {
    const server = aServer();
    server.ask({});
    const wanted = { type: message.request, options: selecting('10.0.0.100') };
    const first = replyOf(server.ask(wanted));
    expect(replyOf(server.ask(wanted))).toMatchObject({ type: message.ack, address: first.address });
  });

  it('that leave out the END option, or send rubbish after it, are understood', () => {
    const original = captured('dhcp4-discover-pxe-uefi');
    const end = original.lastIndexOf(255);
    const cut = decodePacket(original.subarray(0, end));
    const dirty = decodePacket(Uint8Array.of(...original.subarray(0, end + 1), 12, 200, 7));
    expect(cut.options).toEqual(dirty.options);
    expect(replyOf(aServer().take(dirty)).file).toBe('snponly.efi');
  });
});

describe('clients that fill in ciaddr though they have no address', () => {
  it('in a DISCOVER are answered where they are', () => {
    const outcome = aServer().ask({ ciaddr: '192.168.9.9' });
    expect(outcome).toMatchObject({ reply: { destination: { kind: 'Link', address: quad('10.0.0.100') } } });
    expect(replyOf(outcome)).toMatchObject({ type: message.offer, ciaddr: 0 });
  });

  it('beside option 50 in a REQUEST are answered where they are', () => {
    const server = aServer();
    server.ask({});
    const outcome = server.ask({
      type: message.request,
      ciaddr: '192.168.9.9',
      options: selecting('10.0.0.100'),
    });
    expect(outcome).toMatchObject({ reply: { destination: { kind: 'Link', address: quad('10.0.0.100') } } });
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, ciaddr: 0 });
  });
});

describe("Microsoft's clients", () => {
  const named = (options: Record<number, Uint8Array>) =>
    replyOf(aServer([{ ...subnet, options: [{ code: 17, text: '/srv' }] }]).ask({ options })).options;

  it.each([
    ['whose own strings end in NUL', { 12: ascii('win\0') }, 0],
    ['that say MSFT', { 60: ascii('MSFT 5.0') }, 0],
    ['of nobody', { 12: ascii('linux') }, undefined],
  ])('%s get their strings likewise, those that a person set too', (_, options, end) => {
    const offer = named(options);
    for (const [code, text] of [
      [15, 'rack.example'],
      [17, '/srv'],
    ] as const) {
      expect(offer.get(code)).toEqual(end === undefined ? ascii(text) : Uint8Array.of(...ascii(text), end));
    }
  });

  it('wdsmgfw.efi, which reads padding as options with a length and stops only at an END, finds one as the last byte', () => {
    const bytes = bytesOf(aServer().ask(firmware('PXEClient', architectures.uefiX64)));
    const options = bytes.subarray(240);
    let at = 0;
    while (at < options.length && options[at] !== 255) at += 2 + (options[at + 1] ?? 0);
    expect(at).toBe(options.length - 1);
    const small = bytesOf(aServer().ask({ options: { 55: Uint8Array.of(1) } })).subarray(240);
    let place = 0;
    while (place < small.length && small[place] !== 255)
      place += small[place] === 0 ? 3 : 2 + (small[place + 1] ?? 0);
    expect(place).toBe(small.length - 1);
  });
});

describe("HP's JetDirect cards", () => {
  it('get T1 and T2 in the OFFER: they take none without', () => {
    const { options } = replyOf(aServer().ask({ options: { 55: Uint8Array.of(1, 3) } }));
    expect([readNumber(options, option.renewalTime), readNumber(options, option.rebindingTime)]).toEqual([
      300, 525,
    ]);
  });
});

describe('iPXE', () => {
  const script = 'http://10.0.0.1:7480/boot/52-54-00-00-00-01.ipxe';

  it.each([
    ['as plain text, which dhclient sends too', ascii('iPXE')],
    ['as RFC 3004 wants it', ascii('\x04iPXE')],
    ['as the second of two', ascii('\x03abc\x04iPXE')],
  ])('that says what it is %s gets its script, not itself again', (_, userClass) => {
    expect(replyOf(aServer().ask(firmware('PXEClient', 7, { 77: userClass }))).file).toBe(script);
  });

  it('whose script set another user class is known by its own options, and ends the loop all the same', () => {
    const wanted = firmware('PXEClient', 7, { 77: ascii('rack-7'), 175: ipxeOptions(true) });
    expect(replyOf(aServer().ask(wanted)).file).toBe(script);
  });

  it('of a build without HTTP is given the loader that has it', () => {
    expect(replyOf(aServer().ask(firmware('PXEClient', 7, { 175: ipxeOptions(false) }))).file).toBe(
      'snponly.efi',
    );
  });

  it('is told not to wait for another offer: it would for two seconds', () => {
    const offer = replyOf(aServer().ask(firmware('PXEClient', 7, { 77: ascii('iPXE') })));
    expect(offer.options.get(175)).toEqual(Uint8Array.of(176, 1, 1));
  });

  it('gets the same address as the firmware before it and the system after it, who name themselves otherwise', () => {
    const server = aServer();
    const identifiers = [undefined, ascii('\x01abcdef'), Uint8Array.of(255, 1, 2, 3, 4, 0, 4, 9, 9)];
    const given = identifiers.map((identifier) => {
      const outcome = server.ask({ options: identifier === undefined ? {} : { 61: identifier } });
      const offer = replyOf(outcome);
      expect(offer.options.get(61)).toEqual(identifier);
      return offer.address;
    });
    expect(new Set(given)).toEqual(new Set(['10.0.0.100']));
  });
});

describe('user classes', () => {
  it.each([
    ['with counts beyond their end', Uint8Array.of(200, 65)],
    ['of counts that are zero', new Uint8Array(8)],
    ['of no bytes', new Uint8Array(0)],
    ['of text with a count by chance', ascii('\x03ab')],
  ])('%s harm nobody', (_, userClass) => {
    expect(replyOf(aServer().ask(firmware('PXEClient', 7, { 77: userClass }))).file).toBe('snponly.efi');
  });
});

describe('relay agents', () => {
  const information = Uint8Array.of(1, 4, 1, 2, 3, 4, 2, 6, 1, 2, 3, 4, 5, 6, 151, 2, 0, 7);

  it('that check their own information find it byte for byte, last, and in a refusal too', () => {
    const server = aServer();
    const asked = { giaddr: '10.0.0.9', options: { 82: information } };
    for (const wanted of [
      asked,
      { ...asked, type: message.request, options: { 82: information, 50: address('10.9.9.9') } },
    ]) {
      const bytes = bytesOf(server.ask(wanted));
      const at = bytes.lastIndexOf(82, -information.length);
      const padding = bytes.subarray(at + 2 + information.length, -1);
      expect([...bytes.subarray(at + 2, at + 2 + information.length)]).toEqual([...information]);
      expect(padding.every((byte) => byte === 0)).toBe(true);
    }
  });

  it('that put it in without an address of their own, on the wire of the client, get it back likewise', () => {
    expect(replyOf(aServer().ask({ options: { 82: information } })).options.get(82)).toEqual(information);
  });

  it('keep the place of their information though much else wants it', () => {
    const options = Array.from({ length: 9 }, (_, n) => ({
      code: 224 + n,
      hex: 'ab'.repeat(40),
      always: true,
    }));
    const wanted = { giaddr: '10.0.0.9', options: { 82: new Uint8Array(180).fill(1) } };
    const offer = replyOf(aServer([{ ...subnet, options }]).ask(wanted));
    expect(offer.options.get(82)?.length).toBe(180);
  });
});

describe('a machine that lost its lease in a restart of the rack', () => {
  it('gets it again when it asks for what it was offered', () => {
    const outcome = aServer().ask({ type: message.request, mac: unknown, options: selecting('10.0.0.102') });
    expect(replyOf(outcome)).toMatchObject({ type: message.ack, address: '10.0.0.102' });
  });
});
