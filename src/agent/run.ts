import { randomBytes } from 'node:crypto';
import type { CommandLine } from './command-line.ts';
import type { Console } from './console.ts';
import type { Session } from './contract.ts';
import { enlist } from './enlist.ts';
import { systemFiles } from './host/files.ts';
import { endMachine, readArchitecture, readIdentity, settleHardware } from './host/machine.ts';
import { runProgram } from './host/programs.ts';
import { createIdleLimit, type IdleLimit } from './idle-limit.ts';
import { collectInventory } from './inventory/collect.ts';
import { openRack } from './rack/access.ts';
import { createRackClient, type RackClient } from './rack/client.ts';
import { createHttpSender } from './rack/http.ts';
import { loadSession, saveSession } from './session-store.ts';
import { taskHandlers } from './tasks.ts';
import { systemTiming } from './time.ts';
import { type Ending, work } from './work.ts';

const sessionPath = '/run/mw/session.json';

/** A machine that nobody gives work is switched off after so long: it would burn power, and hide that something is wrong. */
const idleMs = 12 * 60 * 60 * 1000;

/** A machine that was told to end is gone well before this. */
const endingMs = 120_000;

/** Time for a person to read the console before the screen goes dark. */
const readingMs = 20_000;

/**
 * What the machine does from here to its end: enlist, or work for the rack. Returns only by throwing; otherwise the machine
 * restarts or goes off.
 *
 * @param commandLine undefined when the kernel was given none that the agent understands
 * @param program what starts the agent itself: tests of the hardware run in processes of their own
 */
export async function runAgent(
  commandLine: CommandLine | undefined,
  console: Console,
  program: readonly string[],
): Promise<void> {
  const idle = createIdleLimit(idleMs);
  const ending =
    commandLine === undefined
      ? await explain(console)
      : await serve(commandLine, console, program, idle).catch((error: unknown): Ending => {
          if (!idle.signal.aborted) throw error;
          console.say('nobody has given this machine work for twelve hours: switching off');
          return 'PowerOff';
        });
  await endMachine(runProgram, ending);
  await systemTiming.sleep(endingMs);
  throw new Error(`the kernel did not ${ending === 'Reboot' ? 'restart' : 'switch off'} the machine`);
}

async function explain(console: Console): Promise<Ending> {
  console.say('the kernel command line names no rack (mw.rack=http://…): boot this machine through a rack');
  await systemTiming.sleep(readingMs);
  return 'PowerOff';
}

async function serve(
  commandLine: CommandLine,
  console: Console,
  program: readonly string[],
  idle: IdleLimit,
): Promise<Ending> {
  const { signal } = idle;
  await networkUp(console, signal);
  const onSilence = (message: string): void => console.say(message);
  const access = await openRack(
    commandLine.rack,
    commandLine.secure,
    { send: createHttpSender(), timing: systemTiming, run: runProgram, onSilence },
    signal,
  );
  if ('refused' in access) {
    console.say(`this machine does not trust the rack at ${commandLine.rack}: ${access.refused}`);
    await systemTiming.sleep(readingMs, signal);
    return 'PowerOff';
  }
  const client = createRackClient({
    ...{ rack: access.api, send: createHttpSender(access.transport(4)), timing: systemTiming, onSilence },
    nonce: () => randomBytes(32).toString('base64url'),
  });
  if (commandLine.token === undefined) {
    await introduce(commandLine, client, console, signal);
    return 'PowerOff';
  }
  const session = (await loadSession(sessionPath)) ?? (await openSession(commandLine, client, signal));
  if ('refused' in session) {
    console.say(`the rack takes no work from this machine: ${session.refused}`);
    console.say(
      'a boot token is good for one boot of one machine: start the machine again through its Machine resource',
    );
    await systemTiming.sleep(readingMs, signal);
    return 'PowerOff';
  }
  await saveSession(sessionPath, session);
  console.say(`this is ${session.machine}, waiting for the rack at ${access.api} to say what to do`);
  const handlers = taskHandlers(commandLine, client, access, program);
  return work(session, { client, console, timing: systemTiming, handlers, idle });
}

/** Waits for what the DHCP script of the ephemeral OS writes: the boot interface has an address. */
async function networkUp(console: Console, signal: AbortSignal): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const address = await systemFiles.readText('/run/mw/network');
    if (address !== undefined) return console.say(`network: ${address}`);
    if (looks % 600 === 0)
      console.say('still no address by DHCP: is the cable in, does a rack serve this network?');
    await systemTiming.sleep(50, signal);
  }
}

async function openSession(
  commandLine: CommandLine,
  client: RackClient,
  signal: AbortSignal,
): Promise<Session | { refused: string }> {
  const identity = await readIdentity(systemFiles, commandLine.bootMac);
  return client.openSession(commandLine.token ?? '', identity, signal);
}

async function introduce(
  commandLine: CommandLine,
  client: RackClient,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  await settleHardware(runProgram, signal);
  const enlistment = {
    ...(await readIdentity(systemFiles, commandLine.bootMac)),
    architecture: readArchitecture(),
    inventory: await collectInventory(systemFiles),
  };
  await enlist(enlistment, { client, console, timing: systemTiming }, signal);
}
