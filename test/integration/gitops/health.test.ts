import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { createPolicyControllers } from '../../../src/controllers/policies.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeObject } from '../../../src/kube/resource.ts';
import { startTestOperator } from '../../fixtures/controllers.ts';
import {
  aMachine,
  anAllocation,
  createImage,
  createRack,
  operatorNamespace,
  type Setting,
  startOperator,
  startSetting,
  until,
} from '../controllers/setting.ts';
import { startSimulatedRack } from '../controllers/simulated-rack.ts';
import { startNetworkOperator } from '../controllers-network/network-operator.ts';
import { askVerdicts, type Verdict } from './verdicts.ts';
import { recordVersions, type Seen, type Versions } from './versions.ts';

const examples = join(import.meta.dirname, '../../../docs/examples');
/** Examples of the kinds that the life of a machine does not bring by itself. */
const others = ['fabric', 'vlan', 'subnet', 'space', 'zone', 'pool', 'tag', 'ipaddress-device'].concat([
  'allocationquota',
  'approvalpolicy',
  'machineinventory',
]);

type Judged = Seen & { verdict: Verdict };

let setting: Setting;
let versions: Versions;
let judged: Judged[] = [];
const running: { stop(): Promise<void> }[] = [];

/** Whether the newest version that the watch told is in this phase and, if asked, ready: a recording may be behind the API server. */
const isSeen =
  (kind: string, name: string, phase: string, ready = false) =>
  () => {
    const { status } = versions.of(kind, name).at(-1) ?? {};
    const isReady = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    return status?.phase === phase && (!ready || isReady === true);
  };
const last = (name: string) => () => versions.of('Machine', name).at(-1)?.status;

/** Applies the examples of the documentation, without what only a status may hold. */
async function applyExamples(): Promise<void> {
  for (const name of others) {
    for (const document of parseAllDocuments(readFileSync(join(examples, `${name}.yaml`), 'utf8'))) {
      const object: KubeObject = document.toJS();
      const kind = kinds.find((candidate) => candidate.kind === object.kind);
      if (kind === undefined) continue;
      const namespace = kind.namespaced ? 'default' : undefined;
      await setting.client.create<KubeObject>(kind, {
        ...object,
        metadata: { ...object.metadata, namespace },
      });
    }
  }
}

/** One machine from New over Deployed to Ready again, one that fails, one that nobody approves, and everything around. */
beforeAll(async () => {
  setting = await startSetting();
  const { client } = setting;
  versions = await recordVersions(client);
  // Written before there is an operator: nobody has looked at anything yet.
  await applyExamples();
  await client.create(machineKind, aMachine('good', 901));
  await client.create(machineKind, aMachine('bad', 902));
  await client.create(machineKind, aMachine('unapproved', 903, { approved: false }));
  await client.create(allocationKind, anAllocation('web', { constraints: { machine: 'good' } }));
  await createImage(client, 'debian-12');
  await createRack(client, 'rack-1');
  running.push(await startOperator({ client }), await startNetworkOperator(client));
  const small = await startTestOperator(client, operatorNamespace);
  for (const controller of createPolicyControllers({ ...small.deps, clock: systemClock }))
    small.run(controller);
  running.push(small);
  running.push(
    await startSimulatedRack(client, {
      failTask: ({ metadata }) =>
        metadata.name === 'bad' ? { reason: 'AgentFailed', message: 'the test wants it' } : undefined,
    }),
  );
  await until('web is deployed', isSeen('Allocation', 'web', 'Deployed', true), last('good'), 90_000);
  await until('bad has failed', isSeen('Machine', 'bad', 'CommissioningFailed'), last('bad'), 90_000);
  await client.patch(machineKind, 'good', { spec: { maintenance: true } });
  await until('the change was looked at', () => {
    const { metadata, spec, status } = versions.of('Machine', 'good').at(-1) ?? {};
    return spec?.maintenance === true && status?.observedGeneration === metadata?.generation;
  });
  await client.patch(machineKind, 'good', { spec: { maintenance: false } });
  await client.create(machineActionKind, {
    metadata: { name: 'refused' },
    spec: { machine: 'good', action: 'Commission' },
  });
  await until('the action is refused', () => {
    const phase = versions.of('MachineAction', 'refused').at(-1)?.status?.phase;
    return phase === 'Refused' || phase === 'Failed';
  });
  await client.delete(allocationKind, 'web', { namespace: 'default' });
  await until('good is Ready again', isSeen('Machine', 'good', 'Ready', true), last('good'), 90_000);
  await until(
    'every object was looked at',
    async () =>
      latest().every(
        ({ kind, status }) =>
          status === undefined || kind === 'Rack' || kind === 'BootImage' || status.observedGeneration !== -1,
      ),
    () =>
      latest()
        .filter(({ status }) => status?.observedGeneration === -1)
        .map(({ kind, metadata }) => [kind, metadata.name]),
  );
  const seen = versions.all();
  const verdicts = await askVerdicts(seen);
  judged = seen.map((object, index) => ({ ...object, verdict: verdicts[index]! }));
}, 240_000);

afterAll(async () => {
  versions?.stop();
  await Promise.all(running.map((process) => process.stop()));
  await setting?.stop();
});

/** The newest version of every object. */
function latest(): Seen[] {
  return [
    ...new Map(versions.all().map((object) => [`${object.kind}/${object.metadata.name}`, object])).values(),
  ];
}

const of = (kind: string, name: string): Judged[] =>
  judged.filter((object) => object.kind === kind && object.metadata.name === name);
const told = ({ kind, metadata, status, verdict }: Judged) => ({
  ...{ kind, name: metadata.name, generation: metadata.generation },
  ...{ observed: status?.observedGeneration, phase: status?.phase, verdict },
});
const hasStatus = (name: string) => 'status' in kinds.find(({ kind }) => kind === name)!.properties;

describe('every version of every object', () => {
  it('is judged, and there are versions of every kind but those that only racks and consoles make', () => {
    expect(
      judged.filter(({ verdict }) => verdict?.error !== undefined || verdict?.argo === undefined).map(told),
    ).toEqual([]);
    const missing = kinds.filter(({ kind }) => !judged.some((object) => object.kind === kind));
    expect(missing.map(({ kind }) => kind)).toEqual(['Chassis']);
  });

  it('is never Current or Healthy before anybody has looked at it as it is now', () => {
    const early = judged.filter(
      ({ kind, metadata, status, verdict }) =>
        hasStatus(kind) &&
        status?.observedGeneration !== metadata.generation &&
        (verdict.kstatus.status === 'Current' || verdict.argo?.status === 'Healthy') &&
        // Written by the test itself, which no controller looks at here.
        !['Rack', 'BootImage'].includes(kind),
    );
    expect(early.map(told)).toEqual([]);
    for (const { kind, verdict } of judged.filter(({ status }) => status?.observedGeneration === -1)) {
      expect([kind, verdict.kstatus.status, verdict.argo?.status]).toEqual([
        kind,
        'InProgress',
        'Progressing',
      ]);
    }
  });

  it('is Healthy only when it is Current, and Degraded or Suspended when it has failed', () => {
    for (const version of judged) {
      const { kstatus, argo } = version.verdict;
      const allowed: Record<string, string[]> = {
        Current: ['Healthy', 'Suspended', 'Degraded'],
        InProgress: ['Progressing'],
        Failed: ['Degraded', 'Suspended'],
        Terminating: ['Progressing'],
      };
      expect(allowed[kstatus.status], JSON.stringify(told(version))).toContain(argo?.status);
    }
  });

  it('says a sentence when it is not Healthy', () => {
    const mute = judged.filter(
      ({ verdict }) => verdict.argo?.status !== 'Healthy' && verdict.argo?.message === '',
    );
    expect(mute.map(told)).toEqual([]);
  });
});

describe('a machine', () => {
  it('is Current when it may be allocated and when it is deployed, and at no step between', () => {
    const current = of('Machine', 'good').filter(({ verdict }) => verdict.kstatus.status === 'Current');
    expect([...new Set(current.map(({ status }) => status?.phase))].sort()).toEqual(['Deployed', 'Ready']);
    const phases = new Set(of('Machine', 'good').map(({ status }) => status?.phase));
    for (const phase of ['Commissioning', 'Deploying', 'Releasing', 'Erasing'])
      expect(phases).toContain(phase);
  });

  it('is Suspended where a person has to decide or has put it aside, Degraded where it has failed', () => {
    expect(of('Machine', 'unapproved').at(-1)?.verdict).toMatchObject({
      kstatus: { status: 'Failed' },
      argo: { status: 'Suspended' },
    });
    expect(of('Machine', 'bad').at(-1)?.verdict).toMatchObject({
      kstatus: { status: 'Failed' },
      argo: { status: 'Degraded', message: expect.stringContaining('the test wants it') },
    });
    const aside = of('Machine', 'good').filter(({ spec }) => spec?.maintenance === true);
    expect(aside.map(({ verdict }) => verdict.argo?.status)).toContain('Suspended');
  });
});

describe('an Allocation', () => {
  it('is Current when its machine is deployed, and not before', () => {
    const current = of('Allocation', 'web').filter(({ verdict }) => verdict.kstatus.status === 'Current');
    expect(current.length).toBeGreaterThan(0);
    expect([...new Set(current.map(({ status }) => status?.phase))]).toEqual(['Deployed']);
    const [first] = of('Allocation', 'web');
    expect(first?.verdict.kstatus.status).toBe('InProgress');
  });

  it('is Terminating until its machine is let go', () => {
    expect(of('Allocation', 'web').at(-1)?.verdict).toMatchObject({
      kstatus: { status: 'Terminating' },
      argo: { status: 'Progressing' },
    });
  });
});

describe('an action that was refused', () => {
  it('has failed', () => {
    expect(of('MachineAction', 'refused').at(-1)?.verdict).toMatchObject({
      kstatus: { status: 'Failed' },
      argo: { status: 'Degraded' },
    });
  });
});

describe('nothing gets stuck', () => {
  it('everything that is not waiting for something ends Current or Failed', () => {
    const ends = new Map(judged.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
    const open = [...ends.values()].filter(({ verdict }) => verdict.kstatus.status === 'InProgress');
    // A VLAN waits for a rack; racks and images have no rack process and no importer here.
    expect(open.filter(({ kind }) => !['VLAN', 'Rack', 'BootImage'].includes(kind)).map(told)).toEqual([]);
  });
});
