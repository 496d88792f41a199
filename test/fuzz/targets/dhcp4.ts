import { readdirSync } from 'node:fs';
import { decodeClasslessRoutes, encodeClasslessRoutes } from '../../../src/domain/dhcp/classless-routes.ts';
import {
  decodeDomainNames,
  decodePartialName,
  encodeDomainNames,
} from '../../../src/domain/dhcp/domain-name.ts';
import { readClient } from '../../../src/rack/dhcp4/client.ts';
import { answerFqdn, readFqdn } from '../../../src/rack/dhcp4/fqdn.ts';
import { describeOptions } from '../../../src/rack/dhcp4/options.ts';
import { decodePacket, encodePacket } from '../../../src/rack/dhcp4/packet.ts';
import { bootItem, vendorOptions } from '../../../src/rack/dhcp4/proxy-packet.ts';
import { relayAgentOf, selectedSubnet } from '../../../src/rack/dhcp4/relay-agent.ts';
import { aServer, replyOf } from '../../../src/rack/dhcp4/testing/a-server.ts';
import { address, aRequestOnTheWire, ascii, captured, quad } from '../../fixtures/packets/dhcp4.ts';
import { attempt, bytesTarget, must, same, type Target } from '../target.ts';

/** Every packet of a kind that was captured from a real program. */
export function capturedPackets(prefix: string): Uint8Array[] {
  return readdirSync(new URL('../../fixtures/packets/', import.meta.url))
    .filter((file) => file.startsWith(prefix) && file.endsWith('.hex'))
    .map((file) => captured(file.slice(0, -'.hex'.length)));
}

/** Packets that carry every option that the rack reads. */
export const dhcpRequests: Uint8Array[] = [
  ...capturedPackets('dhcp4-'),
  aRequestOnTheWire({
    type: 3,
    giaddr: '10.9.0.1',
    options: {
      50: address('10.9.0.7'),
      54: address('10.9.0.1'),
      77: Uint8Array.of(4, ...ascii('iPXE')),
      81: Uint8Array.of(5, 0, 0, 4, ...ascii('host'), 0),
      82: Uint8Array.of(1, 2, 9, 9, 5, 4, 10, 9, 1, 0, 11, 4, 10, 9, 0, 1),
      118: address('10.9.1.0'),
      43: Uint8Array.of(71, 4, 0, 0, 0, 0, 255),
      175: Uint8Array.of(0x13, 1, 1),
    },
  }),
  aRequestOnTheWire({
    options: { 52: Uint8Array.of(3), 57: Uint8Array.of(2, 64), 60: new Uint8Array(300).fill(65) },
  }),
];

function runPacket(bytes: Uint8Array): void {
  const packet = attempt(() => decodePacket(bytes));
  if (packet === undefined) return;
  readClient(packet);
  relayAgentOf(packet);
  selectedSubnet(packet);
  describeOptions(packet.options);
  const item = bootItem(packet);
  same(bootItem({ ...packet, options: new Map([[43, vendorOptions(item)]]) }), item, 'boot item');
  // Where the text fields carried options there is nothing to compare; a full text field loses its last letter to the NUL.
  const options = new Map(packet.options);
  options.delete(52);
  const plain = { ...packet, options, sname: packet.sname.slice(0, 63), file: packet.file.slice(0, 127) };
  same(decodePacket(encodePacket(plain, { maximum: 9000 })), plain, 'DHCP packet');
}

function runOptions(bytes: Uint8Array): void {
  const fqdn = readFqdn(new Map([[81, bytes]]));
  if (fqdn !== undefined) answerFqdn(fqdn, { hostname: undefined, domainName: 'example.net' });
  attempt(() => decodePartialName(bytes));
  const routes = attempt(() => decodeClasslessRoutes(bytes));
  if (routes !== undefined) same(decodeClasslessRoutes(encodeClasslessRoutes(routes)), routes, 'routes');
  const names = attempt(() => decodeDomainNames(bytes));
  if (names === undefined) return;
  must(names.length <= bytes.length, 'more names than bytes');
  // A label may hold any byte, a dot too: such names have no text that leads back to them.
  const encoded = names.every((name) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name))
    ? attempt(() => encodeDomainNames(names))
    : undefined;
  if (encoded !== undefined) same(decodeDomainNames(encoded), names, 'names');
}

/** What the server of the tests may give out, as unsigned 32-bit numbers. */
const givable = new Set(
  ['10.0.0.20', ...[100, 101, 102].flatMap((host) => [`10.0.0.${host}`, `10.0.1.${host}`])].map(quad),
);

/** The whole of the answer: the same packet twice, at a server that knows nobody yet. */
function runServer(bytes: Uint8Array): void {
  const packet = attempt(() => decodePacket(bytes));
  if (packet === undefined) return;
  const server = aServer();
  for (let turn = 0; turn < 2; turn += 1) {
    const outcome = server.take(packet, '10.0.0.100');
    if (outcome.kind !== 'Reply') continue;
    const reply = replyOf(outcome);
    same([reply.op, reply.xid, reply.chaddr], [2, packet.xid, packet.chaddr], 'reply');
    must(packet.op === 1, 'an answer to an answer');
    must(
      reply.yiaddr === 0 || givable.has(reply.yiaddr),
      `an address that is not to be given: ${reply.address}`,
    );
    must(outcome.reply.bytes.length <= 1500, `a reply of ${outcome.reply.bytes.length} bytes`);
  }
}

export const dhcp4Targets: readonly Target[] = [
  bytesTarget('dhcp4-packet', dhcpRequests, runPacket, {
    words: [
      'PXEClient:Arch:00007:UNDI:003016',
      'HTTPClient',
      'iPXE',
      '\x34\x01\x03',
      '\x63\x82\x53\x63',
      '\xff',
      '\x52\x00',
    ],
  }),
  bytesTarget('dhcp4-server', dhcpRequests, runServer, {
    words: [
      '\x35\x01\x03',
      '\x32\x04\x0a\x00\x00\x64',
      '\x36\x04\x0a\x00\x00\x01',
      '\x37\x03\x01\x03\x06',
      '\x39\x02\x02\x40',
    ],
  }),
  bytesTarget(
    'dhcp4-options',
    [
      encodeDomainNames(['a.example.net', 'b.example.net', 'example.net']),
      encodeClasslessRoutes([
        { destination: '0.0.0.0/0', gateway: '10.0.0.1' },
        { destination: '10.1.2.128/25', gateway: '0.0.0.0' },
      ]),
      Uint8Array.of(5, 0, 0, 4, ...ascii('host'), 7, ...ascii('example'), 3, ...ascii('net'), 0),
      Uint8Array.of(0, 0, 0, ...ascii('host.example.net')),
    ],
    runOptions,
    { words: ['\xc0\x00', '\x3f', '\x00', '\x20'] },
  ),
];
