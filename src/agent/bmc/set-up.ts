import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { sealingContext } from '../../domain/bmc-credentials.ts';
import { makePassword } from '../../domain/bmc-password.ts';
import { seal } from '../../domain/sealed-box.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Timing } from '../time.ts';
import { bmcSetupError, isBmcSetupError } from './errors.ts';
import type { BmcSecrets, LocalBmc } from './local-bmc.ts';
import type { BmcCredentials, BmcOfferAnswer, BmcSetupOrder, BmcStageReport } from './messages.ts';

/** What setting up needs. */
export interface SetUpDeps {
  /** @throws CodedError<BmcSetupFailure>; undefined: there is no BMC */
  find(order: BmcSetupOrder): Promise<LocalBmc | undefined>;
  put(report: BmcStageReport): Promise<void>;
  ask(offer: string): Promise<BmcOfferAnswer>;
  report(step: string, message: string): void;
  timing: Timing;
  signal: AbortSignal;
}

/** How long the operator may take for each of its two steps, in milliseconds. */
const patienceMs = 90_000;
const pollMs = 500;

/**
 * Makes Metalwright's user on the BMC of this machine, or gives it a new password. The credentials are stored by the operator first
 * and set then, so that nothing breaks off with a password that nobody knows. Never throws but for an aborted signal: a machine
 * whose BMC is stubborn has an inventory all the same.
 *
 * @returns what came of it, in words
 */
export async function setUpBmc(order: BmcSetupOrder, task: string, deps: SetUpDeps): Promise<string> {
  let offer: string = randomUUID();
  try {
    deps.report('Bmc', 'looking for the BMC');
    const bmc = await deps.find(order);
    if (bmc === undefined) throw bmcSetupError('BmcNotFound', 'no BMC answers from within the machine');
    for (const length of bmc.passwordLengths) {
      offer = randomUUID();
      const done = await offerAndApply(bmc, length, offer, order, task, deps);
      if (done !== undefined) return done;
    }
    throw bmcSetupError('BmcRefusedSetup', 'the BMC takes no password of any length');
  } catch (error) {
    deps.signal.throwIfAborted();
    const reason = isBmcSetupError(error) ? error.code : 'BmcRefusedSetup';
    const message = messageOf(error).slice(0, 1000);
    // A rack that does not take this either hears of it in the task's result.
    await deps.put({ stage: 'Failed', offer, reason, message }).catch(() => deps.signal.throwIfAborted());
    return `the BMC was not set up: ${message}`;
  }
}

/** @returns undefined when the BMC wants a shorter password */
async function offerAndApply(
  bmc: LocalBmc,
  length: number,
  offer: string,
  order: BmcSetupOrder,
  task: string,
  deps: SetUpDeps,
): Promise<string | undefined> {
  const { driver, address, fingerprint } = bmc;
  const secrets: BmcSecrets = {
    username: order.user,
    password: makePassword(length, randomBytes),
    ...(order.bmcKey && driver === 'ipmi' ? { bmcKey: makePassword(20, randomBytes) } : {}),
  };
  const credentials: BmcCredentials = {
    ...secrets,
    driver,
    address,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  const { machine, machineUid, generation } = order;
  const context = sealingContext({ machine, machineUid, generation, task, offer });
  const { privateKey } = generateKeyPairSync('x25519');
  const box = seal(
    new TextEncoder().encode(JSON.stringify(credentials)),
    order.publicKey,
    privateKey,
    context,
  );
  deps.report('Bmc', `found a BMC (${driver}) at ${address}; its new credentials are being stored`);
  await deps.put({ stage: 'Offered', offer, box });
  await until(offer, 'Stored', deps);
  deps.report('Bmc', `setting up user ${order.user} on the BMC`);
  const notes = await bmc.apply(secrets);
  if (notes === 'PasswordRefused') return undefined;
  const message = [`user ${order.user} is set up`, ...notes].join('; ').slice(0, 1000);
  await deps.put({ stage: 'Applied', offer, message });
  await until(offer, 'Done', deps);
  return `BMC (${driver}) at ${address}: ${message}`;
}

async function until(
  offer: string,
  wanted: 'Stored' | 'Done',
  { ask, timing, signal }: SetUpDeps,
): Promise<void> {
  const deadline = timing.now() + patienceMs;
  for (;;) {
    const { state, message = 'no reason given' } = await ask(offer);
    if (state === wanted || state === 'Done') return;
    if (state === 'Refused' || state === 'Failed')
      throw bmcSetupError('BmcRefusedSetup', `the operator refuses the credentials (${message})`);
    if (timing.now() >= deadline)
      throw bmcSetupError(
        'BmcSetupTimeout',
        `the operator did not take the credentials up within ${patienceMs / 1000} s`,
      );
    await timing.sleep(pollMs, signal);
  }
}
