import { formatIp, ipv4FromNumber, ipv4ToNumber, parseIp } from '../../../src/domain/net/address.ts';
import { cidrRange, formatCidr, parseCidr, usableHosts } from '../../../src/domain/net/cidr.ts';
import { parseMac } from '../../../src/domain/net/mac.ts';
import { formatRange, parseRange } from '../../../src/domain/net/range.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../../src/rack/net/icmp.ts';
import { parseNeighbours } from '../../../src/rack/net/neighbours.ts';
import { parseSocketTable } from '../../../src/rack/net/port-holder.ts';
import { readUdp4, udp4Packet } from '../../../src/rack/net/udp-frame.ts';
import { parseHostPort } from '../../../src/rack/power/host-port.ts';
import { attempt, bytesTarget, must, same, type Target, textTarget } from '../target.ts';

function runFrames(bytes: Uint8Array): void {
  decodeEchoReply(bytes);
  const datagram = readUdp4(bytes);
  if (datagram === undefined) return;
  must(datagram.data.length <= bytes.length, 'more data than bytes');
  const peer = { address: ipv4FromNumber(datagram.source), port: 1 };
  same(readUdp4(udp4Packet(peer, peer, datagram.data)), datagram, 'datagram');
}

function runTexts(text: string): void {
  const ip = attempt(() => parseIp(text));
  if (ip !== undefined) same(parseIp(formatIp(ip)), ip, 'address');
  const number = ipv4ToNumber(text);
  if (number !== undefined) same(ipv4FromNumber(number), text, 'dotted quad');
  const cidr = attempt(() => parseCidr(text));
  if (cidr !== undefined) {
    same(parseCidr(formatCidr(cidr)), cidr, 'CIDR');
    must(cidrRange(cidr).first <= usableHosts(cidr).first, 'hosts outside of their network');
  }
  const range = attempt(() => parseRange(text));
  if (range !== undefined) same(parseRange(formatRange(range)), range, 'range');
  const mac = attempt(() => parseMac(text));
  if (mac !== undefined) same(parseMac(mac), mac, 'MAC address');
  parseHostPort(text, 623);
  parseNeighbours(text);
  parseSocketTable(text);
}

const ping = encodeEchoRequest(1, 2);
const from = { address: '10.0.0.1', port: 7 };

export const networkTargets: readonly Target[] = [
  bytesTarget(
    'ip-frames',
    [
      udp4Packet(from, from, Uint8Array.of(1, 2, 3)),
      Uint8Array.from([
        ...udp4Packet(from, from, new Uint8Array()).subarray(0, 9),
        1,
        ...new Uint8Array(10),
        0,
        0,
        ...ping.subarray(2),
      ]),
    ],
    runFrames,
  ),
  textTarget(
    'addresses',
    [
      '10.0.0.1',
      'fe80::1:2',
      '::ffff:10.0.0.1',
      '10.0.0.0/24',
      '2001:db8::/64',
      '10.0.0.1-10.0.0.9',
      '52:54:00:00:00:01',
      '52-54-00-00-00-01',
      '[fe80::1]:623',
      'bmc.example.net:623',
      'IP address HW type Flags HW address Mask Device\n10.0.0.2 0x1 0x2 52:54:00:00:00:01 * eth0\n',
      'sl\n 1: 0100007F:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 1234 2 0 0\n',
    ],
    runTexts,
    { words: ['::', ':', '.', '/', '0', '256', '4294967296', '-', 'ffff', '/129', '0x'], longest: 500 },
  ),
];
