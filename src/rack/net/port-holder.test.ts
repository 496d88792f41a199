import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeHolders, findPortHolders, parseSocketTable } from './port-holder.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

// As the kernel of an x86-64 machine prints it.
const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  341: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20481 2 0000000000000000 0
  373: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31337 2 0000000000000000 0
  373: 00000000000000000000000000000000:0043 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42 2 0000000000000000 0
`;

describe('the table of sockets', () => {
  it('is read as the kernel prints it', () => {
    expect(parseSocketTable(table, true)).toEqual([
      { address: '127.0.0.1', port: 53, inode: '20481', state: 7 },
      { address: '0.0.0.0', port: 67, inode: '31337', state: 7 },
      { address: undefined, port: 67, inode: '42', state: 7 },
    ]);
  });

  it.each(['', 'nonsense', '  1: 0100007F 0 0', '  1: XX:0035 0:0 07 0 0 0 0 0 1'])(
    'takes nothing from %j',
    (text) => {
      expect(parseSocketTable(text)).toEqual([]);
    },
  );
});

describe('who holds a port', () => {
  it.each(['udp', 'tcp'] as const)('is found among other processes for %s', async (protocol) => {
    const script =
      protocol === 'udp'
        ? "const s = require('dgram').createSocket('udp4'); s.bind(0, '127.0.0.1', () => console.log(s.address().port))"
        : "const s = require('net').createServer(); s.listen(0, '127.0.0.1', () => console.log(s.address().port))";
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    ends.push(() => child.kill());
    const [line] = await once(child.stdout, 'data');
    const found = await findPortHolders({ protocol, number: Number(String(line)) });
    expect(found).toEqual([{ pid: child.pid, name: expect.any(String), address: '127.0.0.1' }]);
  });

  it('is nobody when this process has it, or none', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ends.push(() => socket.close());
    expect(await findPortHolders({ protocol: 'udp', number: socket.address().port })).toEqual([]);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    expect(await findPortHolders({ protocol: 'tcp', number: 1 })).toEqual([]);
  });

  it('is told with what to do', () => {
    const port = { protocol: 'udp', number: 67 } as const;
    expect(describeHolders(port, [{ pid: 7, name: 'dnsmasq', address: '0.0.0.0' }])).toBe(
      'UDP port 67 is held by dnsmasq (pid 7, on 0.0.0.0): stop it, or disable the service on this Rack',
    );
    expect(describeHolders(port, [])).toContain('cannot be seen from here');
  });
});
