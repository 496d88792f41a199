/**
 * Joins standard input and output to a TCP port of the loopback interface: QEMU starts it for every connection that the
 * guest opens to its one reachable address, so that the guest sees the rack of the test and nothing else.
 */
import { connect } from 'node:net';

const socket = connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('close', () => process.exit());
socket.on('error', () => process.exit());
