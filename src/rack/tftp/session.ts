import { messageOf } from '../../errors/coded-error.ts';
import type { UdpPeer, UdpSocket } from '../net/sockets.ts';
import type { AmplificationBudget, Grant } from './budget.ts';
import { decodeOrDrop, encodeError, type TftpPacket, tftpError } from './packet.ts';
import type { FinishedTransfer, TftpLimits, TftpOutcome, TftpServerDeps } from './ports.ts';
import type { Transfer, TransferStep } from './transfer.ts';

/** One request that is being answered, from a port of its own. */
export interface Session {
  /** Whether the client has acknowledged anything. */
  readonly heard: boolean;
  /** When the client was last heard of, in ms since the epoch. */
  readonly lastHeard: number;
  /** What the first answer was. */
  begin(step: TransferStep, grant: Grant): void;
  /** The client sent the same request once more. */
  repeated(bytes: number): void;
  end(outcome: TftpOutcome): void;
}

/** What a session is made of. */
export interface SessionDeps extends Pick<TftpServerDeps, 'clock' | 'log'> {
  name: string;
  peer: UdpPeer;
  /** Bytes to send. */
  size: number;
  /** Whether the peer's requests are believed before its first ACK. */
  known: boolean;
  transfer: Transfer;
  socket: UdpSocket;
  budget: AmplificationBudget;
  limits: TftpLimits;
  /** The first ACK came. */
  confirmed(): void;
  ended(transfer: FinishedTransfer): void;
}

/** Answers to strangers on one transfer's port; whoever sends more is not listened to. */
const mostStrangers = 16;

/** Runs one transfer: its socket, its timers, and who may take part in it. */
export function createSession(deps: SessionDeps): Session {
  const { transfer, socket, peer, clock, limits, budget } = deps;
  const started = clock.now();
  const latest = started + limits.graceMs + (1000 * deps.size) / limits.slowest;
  const grants: Grant[] = [];
  let lastHeard = started;
  let lastSent = started;
  let strangers = 0;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let timerMs = 0;

  function take(data: Uint8Array, from: UdpPeer): void {
    const packet = decodeOrDrop(data);
    if (packet === undefined || over) return;
    if (from.port !== peer.port || from.address !== peer.address) refer(packet, from);
    else if (packet.op === 'Ack') acknowledged(packet.block);
    else if (packet.op === 'Error') {
      const outcome = transfer.heard ? 'Aborted' : 'Probe';
      // Only who got our answer knows this port: the source is real.
      confirm();
      end(outcome, packet.message.slice(0, 80));
    }
  }

  function acknowledged(block: number): void {
    lastHeard = clock.now();
    const first = !transfer.heard;
    const step = transfer.acknowledge(block, lastHeard - lastSent);
    if (first && transfer.heard) confirm();
    perform(step, lastHeard);
  }

  /** RFC 1350, 4: a stranger is told, in few bytes, and the transfer goes on. An ERROR is never answered. */
  function refer(packet: TftpPacket, from: UdpPeer): void {
    if (packet.op === 'Error' || strangers >= mostStrangers) return;
    strangers += 1;
    send([encodeError(tftpError.unknownTransferId, '')], from);
  }

  function confirm(): void {
    for (const grant of grants.splice(0)) budget.refund(grant);
    deps.confirmed();
  }

  function perform(step: TransferStep, now = clock.now()): void {
    if (step.kind === 'Done') end('Done');
    else if (step.kind === 'GiveUp') end('TimedOut');
    else if (step.kind === 'Send') {
      // A client that asks for one block after the other is heard of all the time.
      if (now > latest) giveUpOnSlow();
      else {
        lastSent = now;
        send(step.packets, peer);
        // On the wire first: the rest is done while the client is at work.
        wait(transfer.heard || deps.known ? step.timeoutMs : limits.unknownMs);
        transfer.prepare();
      }
    }
  }

  function giveUpOnSlow(): void {
    send([encodeError(tftpError.notDefined, 'this takes too long')], peer);
    end('TooSlow');
  }

  function wait(ms: number): void {
    if (timer !== undefined && ms === timerMs) {
      timer.refresh();
      return;
    }
    clearTimeout(timer);
    timerMs = ms;
    timer = setTimeout(expect, ms);
  }

  /** Timers come before packets when the process was busy: what has arrived meanwhile is looked at first. */
  function expect(): void {
    const heardBefore = lastHeard;
    setImmediate(() => {
      if (!over && lastHeard === heardBefore) expire();
    });
  }

  function expire(): void {
    // Nothing is sent again to who may not have asked: an unknown client has to.
    const hopeless = !transfer.heard && !deps.known;
    const step: TransferStep = hopeless ? { kind: 'GiveUp' } : transfer.timeout();
    if (step.kind === 'Send' && !transfer.heard && !affordable(step.packets, 0)) wait(step.timeoutMs);
    else perform(step);
  }

  function affordable(packets: readonly Uint8Array[], received: number): boolean {
    const grant = budget.allow(peer.address, { received, wanted: bytesOf(packets), known: deps.known });
    if (grant !== undefined) grants.push(grant);
    return grant !== undefined;
  }

  function end(outcome: TftpOutcome, reason?: string): void {
    if (over) return;
    over = true;
    clearTimeout(timer);
    void socket.close();
    const { name, size: bytes } = deps;
    const ok = outcome === 'Done' || outcome === 'Probe';
    const durationMs = clock.now() - started;
    const fields = { name, peer: peer.address, bytes, ms: durationMs, outcome, reason };
    if (outcome === 'Probe') deps.log.debug(fields, 'TFTP transfer ended');
    else deps.log.info(fields, 'TFTP transfer ended');
    deps.ended({ name, address: peer.address, bytes, ok, outcome, durationMs });
  }

  /** A datagram that the kernel does not take is like one that was lost: the timer sees to it. */
  function send(packets: readonly Uint8Array[], to: UdpPeer): void {
    for (const packet of packets) socket.post(packet, to, unsent);
  }

  function unsent(error: unknown): void {
    if (!over) deps.log.debug({ peer: peer.address, error: messageOf(error) }, 'TFTP packet not sent');
  }

  socket.onMessage(take);
  socket.onError((error) => end('SocketFailed', error.message));
  return {
    get heard() {
      return transfer.heard;
    },
    get lastHeard() {
      return lastHeard;
    },
    begin(step, grant) {
      grants.push(grant);
      perform(step);
    },
    repeated(bytes) {
      const step = transfer.start();
      if (step.kind === 'Send' && affordable(step.packets, bytes)) send(step.packets, peer);
    },
    end,
  };
}

/** Bytes of UDP payload. */
export function bytesOf(packets: readonly Uint8Array[]): number {
  return packets.reduce((sum, packet) => sum + packet.length, 0);
}
