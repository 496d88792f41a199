import { IpmiParameters } from '../../../api/bmc/ipmi.ts';
import { DecodeError } from '../../../errors/decode-error.ts';
import { systemTimers, type Timers } from '../../../kube/timers.ts';
import type { PowerTarget } from '../../power/driver.ts';
import { isPowerError, powerError } from '../../power/errors.ts';
import type { Channel } from '../../power/ipmi/channel.ts';
import { openSessionOn } from '../../power/ipmi/connection.ts';
import { connectionOptions, type IpmiDeps } from '../../power/ipmi/driver.ts';
import { completionError } from '../../power/ipmi/faults.ts';
import type { Session } from '../../power/ipmi/session.ts';
import { payloadType } from '../../power/ipmi/session-header.ts';
import { consoleError } from '../errors.ts';
import type { ConsoleListener, OpenConsoleOptions, SerialConsole } from '../serial-console.ts';
import {
  type Activation,
  activateSol,
  activation,
  deactivateSol,
  decodeActivation,
  decodeSolOwner,
  keepAlive,
  solOwner,
} from './commands.ts';
import { createSolFlow, defaultSolTimings, type SolFlow, type SolTimings } from './flow.ts';
import { decodeSolReport, encodeSolRequest } from './payload.ts';

export interface SolDeps extends IpmiDeps {
  timers?: Timers;
  timings?: SolTimings;
  /** Between two signs of life: a BMC ends a session after a minute without any (IPMI 2.0, section 6.12.15). */
  keepAliveMs?: number;
}

/**
 * Opens Serial over LAN (IPMI 2.0, section 15) in an RMCP+ session of its own, so that power commands go on beside it. Every
 * packet is encrypted. The port that the BMC names for the payload is not used: BMCs behind a translated address, and some with
 * the bytes swapped, name one that leads nowhere.
 *
 * @throws CodedError<PowerErrorCode | ConsoleErrorCode> ConsoleInUse when another session has it; and the signal's reason
 */
export async function openSol(
  target: PowerTarget,
  listener: ConsoleListener,
  { takeOver }: OpenConsoleOptions,
  signal: AbortSignal,
  deps: SolDeps,
): Promise<SerialConsole> {
  const options = connectionOptions(target, IpmiParameters.parse(target.parameters), deps);
  const { timers = systemTimers, keepAliveMs = 20_000 } = deps;
  const channel = await options.openChannel(options.address, signal);
  const stopping = new AbortController();
  let flow: SolFlow | undefined;
  let session: Session | undefined;
  let cancelKeepAlive = (): void => undefined;
  let beat: Promise<void> = Promise.resolve();
  let over = false;
  let owner: number | undefined;
  /** What the machine says between the activation and its answer. */
  const early: Uint8Array[] = [];

  const onPayload = (type: number, payload: Uint8Array): void => {
    if (type !== payloadType.sol || over) return;
    if (flow === undefined) {
      if (early.length < 16) early.push(payload);
      return;
    }
    flow.receive(decodeSolReport(payload));
  };
  /** After it, no command is under way. */
  const quieten = async (): Promise<void> => {
    over = true;
    cancelKeepAlive();
    flow?.stop();
    stopping.abort();
    await beat;
  };
  const release = async (): Promise<void> => {
    await quieten();
    await session?.close();
    channel.close();
  };
  const end = (why: Error): void => {
    if (over) return;
    over = true;
    listener.ended(why);
    // Behind the command under way, which may be the one that found it out.
    setImmediate(() => void release());
  };

  const shared = sharedChannel(channel, {
    packet: (packet) => session?.receive(packet),
    fault: (cause) =>
      end(powerError('BmcUnreachable', `the serial console: ${cause.message}`, { cause, retryable: true })),
  });
  try {
    session = await openSessionOn(shared, options, signal, onPayload);
    const { charactersToBmc } = await activate(session, takeOver, signal);
    owner = await look(session, signal);
    flow = createSolFlow({
      charactersToBmc,
      timings: deps.timings ?? defaultSolTimings,
      send: (packet) => session?.sendPayload(payloadType.sol, encodeSolRequest(packet)),
      received: (data) => listener.data(data),
      drained: () => listener.drained(),
      lost: (why) =>
        end(
          why === 'Silent'
            ? powerError('BmcUnreachable', 'the serial console: no answer', { retryable: true })
            : consoleError('ConsoleEnded', 'serial over LAN was deactivated', { retryable: true }),
        ),
      after: (ms, callback) => timers.after(ms, callback),
    });
  } catch (thrown) {
    await release();
    if (!(thrown instanceof DecodeError)) throw thrown;
    throw powerError('BmcProtocolError', `serial over LAN: ${thrown.message}`, { cause: thrown });
  }
  for (const payload of early) flow.receive(decodeSolReport(payload));

  const opened = { flow, session };
  const stayAlive = (owner: number | undefined): void => {
    cancelKeepAlive = timers.after(keepAliveMs, () => {
      beat = look(opened.session, stopping.signal).then(
        (now) => {
          if (over) return;
          if (owner !== undefined && now !== undefined && now !== owner)
            end(consoleError('ConsoleEnded', 'serial over LAN belongs to another session'));
          else stayAlive(owner ?? now);
        },
        (thrown: unknown) => {
          if (isPowerError(thrown)) end(thrown);
        },
      );
    });
  };
  stayAlive(owner);

  return {
    write: (data) => opened.flow.write(data),
    sendBreak: () => opened.flow.sendBreak(),
    async close() {
      if (over) return;
      await quieten();
      try {
        // Freed at once: the session's end alone leaves it taken on some BMCs.
        await opened.session.run(deactivateSol, 'Deactivate Payload', AbortSignal.timeout(2_000));
      } catch {
        // The BMC frees it with the session, or a minute later.
      }
      await release();
    },
  };
}

/** The BMC's one line for us. Whoever has it, and does not give it, is told so. */
async function activate(session: Session, takeOver: boolean, signal: AbortSignal): Promise<Activation> {
  const what = 'Activate Payload (serial over LAN)';
  let response = await session.run(activateSol, what, signal);
  if (response.completionCode === activation.taken && takeOver) {
    await session.run(deactivateSol, 'Deactivate Payload', signal);
    response = await session.run(activateSol, what, signal);
  }
  switch (response.completionCode) {
    case 0:
      return decodeActivation(response.data);
    case activation.taken:
    case activation.limit:
      throw consoleError('ConsoleInUse', 'another session has it at the BMC', { retryable: true });
    case activation.disabled:
      throw consoleError('ConsoleDisabled', what);
    case activation.noEncryption:
      throw powerError('BmcUnsupported', `${what}: not with encryption, and nothing is sent without`);
    default:
      throw completionError(response.completionCode, what);
  }
}

/**
 * A sign of life. Who has SOL is compared with who had it when it was activated, for not every BMC says to the one before that
 * another has taken it over, and not every BMC names sessions by the number that it gave them.
 * @returns undefined: the BMC does not tell. @throws CodedError<PowerErrorCode> without an answer, and the signal's reason
 */
async function look(session: Session, signal: AbortSignal): Promise<number | undefined> {
  const { completionCode, data } = await session.run(solOwner, 'Get Payload Instance Info', signal);
  if (completionCode === 0) return decodeSolOwner(data);
  await session.run(keepAlive, 'Get Device ID', signal);
  return undefined;
}

/** A channel whose packets come to `idle` while no command waits for its answer. */
function sharedChannel(channel: Channel, idle: NonNullable<Parameters<Channel['listen']>[0]>): Channel {
  return {
    send: (packet) => channel.send(packet),
    listen: (listener) => channel.listen(listener ?? idle),
    close: () => channel.close(),
  };
}
