import { describe, expect, it } from 'vitest';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { messageType, option } from '../dhcp4/options.ts';
import { decodePacket, encodePacket } from '../dhcp4/packet.ts';
import { createMemorySockets, type MemorySockets } from '../net/memory-sockets.ts';
import { askDhcp } from './ask-dhcp.ts';

const question = { device: 'eth1', mac: '02:00:00:00:00:01', servers: ['10.0.0.2'] };
const number = (address: string): number => ipv4ToNumber(address) ?? 0;

/** Answers every DISCOVER. */
function answer(
  sockets: MemorySockets,
  { server = '10.0.0.2', type = messageType.offer as number, address = '10.0.0.200', xid = 0 } = {},
): void {
  sockets.onSent(({ data }) => {
    const asked = decodePacket(data);
    const identifier = new Uint8Array(4);
    new DataView(identifier.buffer).setUint32(0, number(server));
    const reply = encodePacket({
      ...{ ...asked, op: 2, xid: asked.xid ^ xid, yiaddr: number(address) },
      options: new Map([
        [option.messageType.code, Uint8Array.of(type)],
        [option.serverIdentifier.code, identifier],
      ]),
    });
    sockets.deliver({ device: 'eth1', port: 68 }, reply, { address: server, port: 67 });
  });
}

describe('asking for an address', () => {
  it('broadcasts a DISCOVER that asks for a broadcast answer, and gives what is offered', async () => {
    const sockets = createMemorySockets();
    answer(sockets);
    expect(await askDhcp(question, sockets, createManualTimers())).toBe('10.0.0.200');
    const [sent] = sockets.sent;
    expect(sent).toMatchObject({ from: 68, to: { address: '255.255.255.255', port: 67 } });
    expect(decodePacket(sent?.data ?? new Uint8Array())).toMatchObject({ op: 1, flags: 0x8000, ciaddr: 0 });
  });

  it.each([
    ['is of another server', { server: '10.0.0.9' }],
    ['is no offer', { type: messageType.nak }],
    ['is for somebody else', { xid: 1 }],
    ['has no address', { address: '0.0.0.0' }],
  ])('does not take an answer that %s', async (_what, reply) => {
    const sockets = createMemorySockets();
    answer(sockets, reply);
    const timers = createManualTimers();
    const asked = askDhcp(question, sockets, timers);
    await timers.advance(30_000);
    expect(await asked).toBeUndefined();
    expect(sockets.sent).toHaveLength(5);
  });

  it('survives what is no DHCP, and gives the port back', async () => {
    const sockets = createMemorySockets();
    const timers = createManualTimers();
    const asked = askDhcp(question, sockets, timers);
    await timers.advance(1);
    sockets.deliver({ device: 'eth1', port: 68 }, Uint8Array.of(1, 2, 3), { address: '10.0.0.2', port: 67 });
    answer(sockets);
    await timers.advance(4_000);
    expect(await asked).toBe('10.0.0.200');
    expect(timers.pending()).toBe(0);
    const peer = { address: '10.0.0.2', port: 67 };
    expect(sockets.deliver({ device: 'eth1', port: 68 }, new Uint8Array(), peer)).toBe(false);
  });
});
