import {
  BmcCredentials,
  type BmcReport,
  type BmcRotation,
  type BmcSetupState,
  type FoundBmc,
} from '../../api/bmc/setup.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import { addCandidate, knows, promote, sealingContext, wereUsed } from '../../domain/bmc-credentials.ts';
import { openBox } from '../../domain/sealed-box.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { isBmcAddress, takenBy } from './address.ts';
import { bmcSecretName, readStore, writeStore } from './credentials-secret.ts';
import { decideBmcSetup } from './decide.ts';
import { decideRotation } from './decide-rotation.ts';
import type { BmcSetupPolicy } from './policy.ts';
import { type BmcSetupReason, bmcSetupReasons } from './reasons.ts';
import { storeNext } from './rotate.ts';
import type { LoadSealingKey } from './sealing-key.ts';

/** Of server-side apply: `status.bmc`, `status.bmcSetup` and `status.bmcRotation` of a Machine. */
export const bmcSetupManager = 'metalwright-bmc-setup';

/** What the controller is made from. */
export interface BmcSetupDeps extends ControllerDeps {
  /** Metalwright's own namespace. */
  namespace: string;
  sealingKey: LoadSealingKey;
  policy: BmcSetupPolicy;
}

type Answer = Pick<BmcSetupState, 'offer' | 'state' | 'reason' | 'message'>;

/**
 * Takes credentials of BMCs from agents: opens what they sealed, stores it before it is set at a BMC, and puts it to use once it is. The only
 * one that reads what is sealed, and that writes those Secrets.
 */
export function createBmcSetupController(deps: BmcSetupDeps): Controller {
  const { machines } = deps.informers;
  return fencedController(
    deps,
    'bmc-setup',
    async (name) => {
      const machine = machines.get(name);
      if (machine === undefined || machine.metadata.deletionTimestamp !== undefined) return undefined;
      const decision = decideBmcSetup(machine);
      switch (decision.kind) {
        case 'Nothing':
          return await rotate(machine, deps);
        case 'Store':
          await write(machine, { bmcSetup: await store(machine, decision.report, deps) }, deps);
          return undefined;
        case 'Promote':
          await putToUse(machine, decision.report.offer, decision.report.message, deps);
          return undefined;
        case 'Record':
          await write(machine, { bmcSetup: decision.state }, deps);
          return undefined;
      }
    },
    (controller) => [watchInto(controller, machines)],
  );
}

/** Opens an offer and keeps it as a candidate. What does not open is refused, and told. */
async function store(machine: Machine, report: BmcReport, deps: BmcSetupDeps): Promise<Answer> {
  const { offer } = report;
  const opened = await open(machine, report, deps);
  if (opened === undefined) return refuse(offer, 'SealedBoxRefused');
  const { address } = opened;
  if (!isBmcAddress(address)) return refuse(offer, 'BmcAddressRefused', `seen: ${address}`);
  const other = takenBy(address, machine, deps.informers.machines.list());
  if (other !== undefined) return refuse(offer, 'BmcAddressTaken', `Machine ${other} has ${address}`);
  const { name } = machine.metadata;
  const read = await readStore(name, deps.client, deps.namespace);
  // An id that was put to use already would be a box that somebody kept and sends again.
  if (wereUsed(read.store, offer)) return refuse(offer, 'SealedBoxRefused', 'it was used before');
  if (!knows(read.store, offer)) {
    deps.fence.assertHeld();
    const added = addCandidate(read.store, { ...opened, id: offer });
    await writeStore(machine, read, added, deps.client, deps.namespace);
  }
  return { offer, state: 'Stored', reason: 'SettingUpBmc', message: bmcSetupReasons.SettingUpBmc };
}

async function open(
  { metadata, status }: Machine,
  { box, offer, task }: BmcReport,
  deps: BmcSetupDeps,
): Promise<BmcCredentials | undefined> {
  const order = status?.task?.bmc;
  if (box === undefined || order === undefined) return undefined;
  const { privateKey } = await deps.sealingKey();
  const context = sealingContext({
    machine: metadata.name,
    machineUid: metadata.uid ?? '',
    generation: status?.boot?.generation ?? 0,
    task,
    offer,
  });
  try {
    const bytes = openBox(box, privateKey, context);
    if (bytes === undefined) return undefined;
    const credentials = BmcCredentials.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
    return credentials?.username === order.user ? credentials : undefined;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The Secret first, then the status by which it is used. */
async function putToUse(
  machine: Machine,
  offer: string,
  message: string | undefined,
  deps: BmcSetupDeps,
): Promise<void> {
  const read = await readStore(machine.metadata.name, deps.client, deps.namespace);
  const promoted = promote(read.store, offer);
  if (promoted?.current === undefined) {
    const bmcSetup = refuse(offer, 'SealedBoxRefused', 'its credentials are not in the Secret any more');
    await write(machine, { bmcSetup, bmcRotation: undefined }, deps);
    return;
  }
  deps.fence.assertHeld();
  if (promoted !== read.store) await writeStore(machine, read, promoted, deps.client, deps.namespace);
  const { driver, address, username, fingerprint } = promoted.current;
  const bmc: FoundBmc = {
    ...{ driver, address, user: username },
    credentialsSecret: bmcSecretName(machine.metadata.name),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    rotatedAt: timestamp(deps.clock.now()),
  };
  const said = message ?? bmcSetupReasons.BmcSetUp;
  const bmcSetup: Answer = { offer, state: 'Done', reason: 'BmcSetUp', message: said };
  await write(machine, { bmc, bmcSetup, bmcRotation: undefined }, deps);
}

/** What the age of the credentials, or an order, asks for. */
async function rotate(machine: Machine, deps: BmcSetupDeps): Promise<{ requeueAfterMs: number } | undefined> {
  const decision = decideRotation(machine, deps.policy, deps.clock.now());
  switch (decision.kind) {
    case 'Nothing':
      return undefined;
    case 'Later':
      return { requeueAfterMs: decision.afterMs + 1 };
    case 'Promote':
      await putToUse(machine, decision.id, 'the password was changed', deps);
      return undefined;
    case 'GiveUp': {
      const { id: offer, reason, message } = decision;
      const bmcSetup: Answer = { offer, state: 'Failed', reason, message: message.slice(0, 1024) };
      await write(machine, { bmcSetup, bmcRotation: undefined }, deps);
      return undefined;
    }
    case 'Start': {
      const { id } = decision;
      const state = 'Stored';
      if (await storeNext(machine, id, deps)) {
        const bmcSetup: Answer = {
          offer: id,
          state,
          reason: 'SettingUpBmc',
          message: bmcSetupReasons.SettingUpBmc,
        };
        const bmcRotation = { id, requestedAt: timestamp(deps.clock.now()) };
        await write(machine, { bmcSetup, bmcRotation }, deps);
        return undefined;
      }
      const bmcSetup = refuse(id, 'BmcRotationFailed', 'there are no credentials in the Secret');
      await write(machine, { bmcSetup }, deps);
      return undefined;
    }
  }
}

function refuse(offer: string, reason: BmcSetupReason, seen?: string): Answer {
  const words = bmcSetupReasons[reason];
  return { offer, state: 'Refused', reason, message: seen === undefined ? words : `${words} (${seen})` };
}

/** What this controller owns of a status. A field that is there and undefined is taken away. */
interface Patch {
  bmc?: FoundBmc;
  bmcSetup: Answer;
  bmcRotation?: BmcRotation | undefined;
}

/** One write of all that this controller owns, against the version that was decided upon. */
async function write(
  { metadata: { name, uid, resourceVersion }, status }: Machine,
  patch: Patch,
  deps: BmcSetupDeps,
): Promise<void> {
  deps.fence.assertHeld();
  const { bmc, bmcRotation } = { bmc: status?.bmc, bmcRotation: status?.bmcRotation, ...patch };
  const bmcSetup = { ...patch.bmcSetup, at: timestamp(deps.clock.now()) };
  const owned = {
    bmcSetup,
    ...(bmc === undefined ? {} : { bmc }),
    ...(bmcRotation === undefined ? {} : { bmcRotation }),
  };
  await deps.client.applyStatus(
    machineKind,
    { metadata: { name, uid, resourceVersion }, status: owned },
    { fieldManager: bmcSetupManager },
  );
  if (bmcSetup.state === 'Stored') return;
  const type = bmcSetup.state === 'Done' ? 'Normal' : 'Warning';
  const { reason = 'BmcSetUp', message = '' } = bmcSetup;
  deps.events.event({ apiVersion, kind: machineKind.kind, name, uid }, type, reason, message);
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
