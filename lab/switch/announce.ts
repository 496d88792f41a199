import { readFileSync } from 'node:fs';
import { macToBytes } from '../../src/domain/net/mac.ts';
import {
  AF_PACKET,
  checked,
  linkAddress,
  loadLibc,
  SOCK_CLOEXEC,
  SOCK_RAW,
} from '../../src/rack/net/libc.ts';
import { encodeLldpFrame, lldpEtherType } from './lldp-frame.ts';

/*
 * Plays the switch that the laboratory's machines are wired to: says who it is on every port of a bridge, as a real one does, only
 * more often. Arguments: the bridge, the switch's name.
 */

const [device, name] = process.argv.slice(2);
if (device === undefined || name === undefined) throw new Error('usage: announce.ts BRIDGE NAME');

/** Real switches take 30 s: nobody in a laboratory wants to wait for that. */
const everyMs = 1000;

const mac = macToBytes(readFileSync(`/sys/class/net/${device}/address`, 'latin1').trim());
const frame = encodeLldpFrame({ mac, name, port: device, lifetimeSeconds: 120 });
const libc = loadLibc();
const socket = checked(libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), 'open a packet socket', {
  device,
});
const address = linkAddress(checked(libc.indexOf(device) || -1, 'find', { device }), lldpEtherType);

// Ends by a signal; or by the bridge that goes, which is an error in its log that nobody has to mind.
setInterval(() => {
  checked(libc.sendto(socket, frame, frame.length, 0, address, address.length), 'send a frame', { device });
}, everyMs);
