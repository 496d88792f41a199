import { spawn } from 'node:child_process';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { LldpNeighbour } from '../types.ts';
import { decodeLldpFrame } from './frame.ts';
import { createPcapReader } from './pcap.ts';

/** Collects what the switches say, by the name of the interface that heard it. */
export interface LldpListener {
  neighbours(): ReadonlyMap<string, LldpNeighbour>;
  close(): void;
}

/** Listens on interfaces until closed, one tcpdump each: Node itself has no packet sockets. It never fails: it hears nothing. */
export function listenForLldp(interfaces: readonly string[]): LldpListener {
  const heard = new Map<string, LldpNeighbour>();
  const children = interfaces.map((name) => {
    // It stays who it is: what it gives up there is nothing that the agent does not have.
    const args = ['-Z', 'root', '-i', name, '-n', '-p', '-U', '-w', '-', 'ether proto 0x88cc and inbound'];
    const child = spawn('tcpdump', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const reader = createPcapReader();
    child.on('error', () => {});
    child.stdout.on('data', (bytes: Buffer) => {
      for (const neighbour of decodeAll(() => reader.push(bytes))) heard.set(name, neighbour);
    });
    return child;
  });
  return {
    neighbours: () => heard,
    close() {
      for (const child of children) child.kill();
    },
  };
}

/** Frames that are no good LLDP are passed over: anybody on the wire may send them. */
function decodeAll(packets: () => Uint8Array[]): LldpNeighbour[] {
  try {
    return packets().flatMap((packet) => {
      try {
        return [decodeLldpFrame(packet)];
      } catch (error) {
        if (error instanceof DecodeError) return [];
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
