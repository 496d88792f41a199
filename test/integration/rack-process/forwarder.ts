import { connect, createServer, type Socket } from 'node:net';

/*
 * A port of one network namespace, led to another through a Unix socket, which belongs to no network. Arguments: where to listen and
 * where to go, each a port of 127.0.0.1 or the path of a socket. It prints `forwarding` when it does.
 */

const [from = '', to = ''] = process.argv.slice(2);
const isPort = (place: string): boolean => /^\d+$/.test(place);
const open = (place: string): Socket =>
  isPort(place) ? connect(Number(place), '127.0.0.1') : connect(place);

const server = createServer((incoming) => {
  const outgoing = open(to);
  incoming.pipe(outgoing);
  outgoing.pipe(incoming);
  for (const [one, other] of [
    [incoming, outgoing],
    [outgoing, incoming],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
const ready = (): void => console.log('forwarding');
if (isPort(from)) server.listen(Number(from), '127.0.0.1', ready);
else server.listen(from, ready);
