import { describe, expect, it } from 'vitest';
import { aRequest, quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { type Dhcp4Packet, decodePacket } from './packet.ts';
import { aServer, known, replyOf, subnet, unknown } from './testing/a-server.ts';

/** A request without message type: RFC 1497 with its cookie, RFC 951 without any option. */
function bootpRequest(mac: string, change: Partial<Dhcp4Packet> = {}): Dhcp4Packet {
  return { ...aRequest({ mac }), options: new Map(), ...change };
}

describe('BOOTP', () => {
  it('a known client gets its address in exactly 300 bytes, without a message type or lease times', () => {
    const outcome = aServer().take(bootpRequest(known));
    const reply = replyOf(outcome);
    expect(reply).toMatchObject({ op: 2, address: '10.0.0.20', siaddr: quad('10.0.0.1') });
    expect([51, 53, 54, 58, 59].filter((code) => reply.options.has(code))).toEqual([]);
    expect(outcome.kind === 'Reply' && outcome.reply.bytes.length).toBe(300);
    expect([1, 3, 6, 12].every((code) => reply.options.has(code))).toBe(true);
  });

  it('a request of 1985 that has no cookie is one too', () => {
    const bytes = new Uint8Array(300);
    bytes.set([1, 1, 6, 0, 9, 9, 9, 9]);
    bytes.set([0x52, 0x54, 0, 0, 0, 0x0a], 28);
    expect(replyOf(aServer().take(decodePacket(bytes)))).toMatchObject({
      address: '10.0.0.20',
      xid: 0x09090909,
    });
  });

  it('an unknown client gets no answer: it would keep an address for ever', () => {
    expect(aServer().take(bootpRequest(unknown))).toMatchObject({ kind: 'Ignore', reason: 'Bootp' });
  });

  it('a client that wants another server by name gets no answer', () => {
    const outcome = aServer().take(bootpRequest(known, { sname: 'tower' }));
    expect(outcome).toMatchObject({ kind: 'Ignore', reason: 'OtherServer' });
  });

  it("a person's boot file and server are in the header, where BOOTP has them", () => {
    const reservations = [
      {
        mac: known,
        address: '10.0.0.20',
        subnet: 'a',
        options: [
          { name: 'boot-file-name', text: 'switch.img' },
          { name: 'tftp-server-name', text: '10.0.0.9' },
        ],
      },
    ];
    const reply = replyOf(aServer([subnet], { reservations }).take(bootpRequest(known)));
    expect(reply).toMatchObject({ file: 'switch.img', siaddr: quad('10.0.0.9') });
  });

  it('behind a relay the answer goes to the relay', () => {
    const outcome = aServer().take(bootpRequest(known, { giaddr: quad('10.0.0.9') }));
    expect(outcome).toMatchObject({ reply: { destination: { kind: 'Relay', address: quad('10.0.0.9') } } });
  });
});
