import fc from 'fast-check';
import { allocationKind, type Constraints } from '../../../src/api/allocation/schema.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import {
  type ActionParameters,
  actionParameters,
  type ClonedField,
  type MachineActionSpec,
  machineActionKind,
  machineActions,
} from '../../../src/api/machine-action/schema.ts';
import type { DeepPartial, MergePatch } from '../../../src/kube/resource.ts';
import { anAllocation } from '../controllers/setting.ts';
import { type Fault, machineNames, type World } from './world.ts';

/** What a person knows of what he did. */
export interface Model {
  allocations: Set<string>;
}

export type Edit = fc.AsyncCommand<Model, World>;

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx a@example.com';
const machine = fc.constantFrom(...machineNames);
const allocationNames = ['a', 'b', 'c', 'd'] as const;
const allocationName = fc.constantFrom(...allocationNames);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function edit(
  says: string,
  run: (world: World, model: Model) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Edit {
  return { check, run: (model, world) => run(world, model), toString: () => says };
}

type SpecEdit = MergePatch<DeepPartial<Machine['spec']>>;

const specEdit: fc.Arbitrary<SpecEdit> = fc.oneof(
  fc.record({ tags: fc.uniqueArray(fc.constantFrom('gpu', 'fast', 'old'), { maxLength: 3 }) }),
  fc.record({ zone: fc.constantFrom('default', 'north', 'south') }),
  fc.record({ pool: fc.constantFrom('default', 'lab') }),
  fc.record({ locked: fc.boolean() }),
  fc.record({ maintenance: fc.boolean() }),
  fc.record({ approved: fc.boolean() }),
  fc.record({ kernelArguments: fc.constantFrom<string[][]>(['quiet'], ['debug', 'nosplash']) }),
  fc.record({
    bmc: fc.record({
      address: fc.integer({ min: 1, max: 9 }).map((last) => `https://192.0.2.${last}`),
    }),
  }),
);

const edits = {
  /** Several at once, as a person's tool does it. */
  spec: fc.array(fc.tuple(machine, specEdit), { minLength: 1, maxLength: 8 }).map((several) =>
    edit(`machines get ${JSON.stringify(several)}`, async ({ client, edit: make }) => {
      await Promise.all(several.map(([name, spec]) => make(() => client.patch(machineKind, name, { spec }))));
    }),
  ),
  noBmc: machine.map((name) =>
    edit(`${name} loses its BMC`, ({ client, edit: make }) =>
      make(() => client.patch(machineKind, name, { spec: { bmc: null } })),
    ),
  ),
  bmc: machine.map((name) =>
    edit(`${name} gets its BMC again`, ({ client, edit: make }) =>
      make(() =>
        client.patch(machineKind, name, {
          spec: { bmc: { driver: 'redfish', address: 'https://192.0.2.1', credentialsSecret: 'bmc' } },
        }),
      ),
    ),
  ),
  allocate: fc
    .tuple(
      allocationName,
      fc.constantFrom('None' as const, 'Quick' as const, 'Full' as const),
      fc.oneof<fc.WeightedArbitrary<Constraints>[]>(
        { weight: 4, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.record({ machine }) },
        { weight: 1, arbitrary: fc.constant({ tags: ['gpu'] }) },
        { weight: 1, arbitrary: fc.constant({ notTags: ['old'], zone: 'default' }) },
        { weight: 1, arbitrary: fc.constant({ pool: 'lab' }) },
      ),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([name, erase, constraints, priority]) =>
      edit(
        `Allocation ${name} of ${JSON.stringify(constraints)}, erase ${erase}, priority ${priority}`,
        ({ client, edit: make }, model) => {
          model.allocations.add(name);
          const spec = { erase, constraints, priority };
          return make(() => client.create(allocationKind, anAllocation(name, spec)));
        },
        ({ allocations }) => !allocations.has(name),
      ),
    ),
  deallocate: allocationName.map((name) =>
    edit(
      `Allocation ${name} is deleted`,
      ({ client, edit: make }, model) => {
        model.allocations.delete(name);
        return make(() => client.delete(allocationKind, name, { namespace: 'default' }));
      },
      ({ allocations }) => allocations.has(name),
    ),
  ),
  order: fc
    .tuple(
      machine,
      fc.constantFrom(...machineActions),
      fc.record({
        sshKeys: fc.constant<string[]>([key]),
        enableSsh: fc.boolean(),
        skipNetworking: fc.boolean(),
        skipStorage: fc.boolean(),
        tests: fc.constant<string[]>(['memory']),
        erase: fc.constantFrom('None' as const, 'Quick' as const, 'Full' as const),
        mode: fc.constantFrom('Soft' as const, 'Hard' as const),
        clone: fc.record({
          targets: fc.uniqueArray(machine, { minLength: 1, maxLength: 2 }),
          fields: fc.constant<ClonedField[]>(['zone', 'tags']),
          force: fc.boolean(),
        }),
      }),
    )
    .map(([name, action, all]) => {
      const parameters = parametersOf(action, all);
      return edit(`${action} of ${name} ${JSON.stringify(parameters)}`, (world) => {
        const spec = { machine: name, action, parameters };
        const metadata = { name: `order-${++world.orders}` };
        return world.edit(() => world.client.create(machineActionKind, { metadata, spec }));
      });
    }),
  fault: fc
    .tuple(
      machine,
      fc.constantFrom<Fault[]>('TaskFails', 'PowerFails', 'NeverBoots', 'NeverPhonesHome'),
      fc.integer({ min: 0, max: 300 }),
    )
    .map(([name, fault, ms]) =>
      edit(`${name}: ${fault}, for ${ms} ms at least`, async ({ faults }) => {
        faults.set(name, fault);
        await pause(ms);
      }),
    ),
  repair: machine.map((name) => edit(`${name} is repaired`, async ({ faults }) => void faults.delete(name))),
  restart: fc
    .boolean()
    .map((overlapping) =>
      edit(`another operator takes over${overlapping ? ', while the first one still runs' : ''}`, (world) =>
        world.restart(overlapping),
      ),
    ),
  wait: fc
    .integer({ min: 100, max: 1_500 })
    .map((ms) => edit(`nothing happens for ${ms} ms`, () => pause(ms))),
};

/** Those of the parameters that belong to the action; the API server refuses all others. */
function parametersOf(action: MachineActionSpec['action'], all: ActionParameters): ActionParameters {
  const belongs = (name: string): boolean =>
    Object.entries(actionParameters).some(
      ([parameter, actions]) => parameter === name && actions.some((one) => one === action),
    );
  return Object.fromEntries(Object.entries(all).filter(([name]) => belongs(name)));
}

/** One after the other, with so many milliseconds between them as chance has it. @param length how many */
export function someEdits(length: number): fc.Arbitrary<Edit[]> {
  const one = fc.oneof(
    { weight: 400, arbitrary: edits.spec },
    { weight: 8, arbitrary: edits.noBmc },
    { weight: 30, arbitrary: edits.bmc },
    { weight: 150, arbitrary: edits.allocate },
    { weight: 60, arbitrary: edits.deallocate },
    { weight: 200, arbitrary: edits.order },
    { weight: 15, arbitrary: edits.fault },
    { weight: 45, arbitrary: edits.repair },
    { weight: 5, arbitrary: edits.restart },
    { weight: 15, arbitrary: edits.wait },
  );
  return fc.array(one, { minLength: length, maxLength: length });
}
