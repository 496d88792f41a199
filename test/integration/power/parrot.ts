import { createSocket } from 'node:dgram';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { selfSigned } from '../../../src/rack/power/testing/self-signed.ts';

/** How a peer that repeats what it hears answers a request of HTTP. */
export const manners = [
  'Text',
  'Redfish',
  'Json',
  'Xml',
  'Refuses',
  'Redirects',
  'Garbage',
  'Silence',
] as const;
export type Manner = (typeof manners)[number];

/** A peer that knows the secrets, and repeats whatever it hears. */
export interface Parrot {
  port: number;
  /** How often it was spoken to. */
  heard(): number;
  close(): void;
}

const html = 'text/html';

/** Over TLS. @param secrets in every form that they may have */
export async function startHttpParrot(manner: Manner, secrets: readonly string[]): Promise<Parrot> {
  let heard = 0;
  const server = createHttpsServer(selfSigned(), async (request, response) => {
    heard += 1;
    const { method = '', url = '', headers } = request;
    const body = (await buffer(request)).toString();
    const echo = `${method} ${url} ${JSON.stringify(headers)} ${body} ${secrets.join(' ')}`;
    const send = (status: number, type: string, text: string, more: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': type, ...more }).end(text);
    };
    const message = { MessageId: `Base.1.8.${secrets[0]}`, Message: echo };
    const error = { code: echo, message: echo, '@Message.ExtendedInfo': [message] };
    switch (manner) {
      case 'Text':
        return send(500, 'text/plain', echo);
      case 'Redfish':
        return send(400, 'application/json', JSON.stringify({ error }));
      case 'Json':
        return send(
          200,
          'application/json',
          JSON.stringify({ error: echo, data: echo, metadata: { err: echo } }),
          {
            'x-auth-token': 'token',
            etag: `"${secrets[0]}"`,
          },
        );
      case 'Xml': {
        const text = echo.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
        return send(
          200,
          'text/xml',
          `<aaaLogin errorCode="551" errorDescr="${text.replaceAll('"', '&quot;')}">${text}</aaaLogin>`,
        );
      }
      case 'Refuses':
        return send(401, html, echo, {
          'www-authenticate': `Digest realm="${secrets[0]}", nonce="n", qop="auth"`,
        });
      case 'Redirects':
        return send(302, html, echo, {
          location: `/${encodeURIComponent(secrets[0] ?? '')}?password=${encodeURIComponent(secrets[0] ?? '')}`,
        });
      case 'Garbage':
        return send(200, 'application/json', `{${echo}`);
      case 'Silence':
        request.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server.address()),
    heard: () => heard,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Speaks first, and repeats everything: for SSH. */
export async function startTcpParrot(secrets: readonly string[]): Promise<Parrot> {
  let heard = 0;
  const server = createServer((socket) => {
    heard += 1;
    socket.on('error', () => {});
    socket.write(`SSH-2.0-${secrets[0]}\r\n${secrets.join(' ')}\r\n`);
    socket.on('data', (bytes) => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server.address()), heard: () => heard, close: () => void server.close() };
}

/** Repeats every datagram: for IPMI and SNMP. */
export async function startUdpParrot(secrets: readonly string[]): Promise<Parrot> {
  const socket = createSocket('udp4');
  let heard = 0;
  socket.on('message', (bytes, { port, address }) => {
    heard += 1;
    socket.send(bytes, port, address);
    socket.send(secrets.join(' '), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, heard: () => heard, close: () => void socket.close() };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('a server of IP has a port');
  return address.port;
}
