import { findCondition, isTrue } from '../../api/conditions.ts';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { span } from '../../domain/timeline/span.ts';
import type { World } from './world.ts';

/** What a check found. */
export interface Finding {
  /** Warning: worth a look; Problem: something does not work. */
  level: 'Problem' | 'Warning';
  what: string;
  /** How to mend it. */
  mend: string;
}

/** A part of the examination. */
export interface Check {
  title: string;
  /** What is right, in words, when nothing was found. */
  right(world: World): string;
  find(world: World): Finding[];
}

const problem = (what: string, mend: string): Finding => ({ level: 'Problem', what, mend });
const warning = (what: string, mend: string): Finding => ({ level: 'Warning', what, mend });

/** The list, or nothing and the finding that it could not be read. */
function readable<T>(list: T[] | { problem: string }, find: (items: T[]) => Finding[]): Finding[] {
  if (Array.isArray(list)) return find(list);
  return [
    warning(
      `cannot be read: ${list.problem}`,
      'ask for the right to list it, or mend what the message names',
    ),
  ];
}

function count<T>(list: T[] | { problem: string }): number {
  return Array.isArray(list) ? list.length : 0;
}

/** A rack renews its status about every minute. */
const silentAfterMs = 5 * 60_000;

const failedPhases: ReadonlySet<string> = new Set([
  'CommissioningFailed',
  'TestingFailed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'RescueEntryFailed',
  'RescueExitFailed',
]);

/** Every check, in the order in which one failure explains the next. */
export const checks: readonly Check[] = [
  {
    title: 'Custom resources',
    right: ({ definitions }) => `${count(definitions)} kinds, as this mw knows them`,
    find: ({ definitions }) =>
      readable(definitions, (all) => {
        const of = (state: string): string =>
          all
            .filter((each) => each.state === state)
            .map(({ plural }) => plural)
            .join(', ');
        const [missing, unserved, other] = [of('Missing'), of('NotServed'), of('OtherFields')];
        return [
          ...(missing === ''
            ? []
            : [problem(`not installed: ${missing}`, 'kubectl apply -f crds/ of the same release')]),
          ...(unserved === ''
            ? []
            : [problem(`served in another version: ${unserved}`, 'install the mw of that release')]),
          ...(other === ''
            ? []
            : [
                warning(
                  `of another release than this mw: ${other}`,
                  'kubectl apply -f crds/, or install the mw of that release',
                ),
              ]),
        ];
      }),
  },
  {
    title: 'Permissions',
    right: () => 'you may do all that mw does',
    find: ({ forbidden }) =>
      forbidden.length === 0
        ? []
        : [warning(`you may not ${forbidden.join(', ')}`, 'ask for a role that allows it, if you need it')],
  },
  {
    title: 'Racks',
    right: ({ racks }) => `${count(racks)} Ready and heard of lately`,
    find: ({ racks, now }) =>
      readable(racks, (all) =>
        all.length === 0
          ? [problem('there is no rack', 'start one: without a rack nothing boots and nothing is switched')]
          : all.flatMap(({ metadata, status }) => {
              const ready = findCondition(status?.conditions, 'Ready');
              const silentMs = now - Date.parse(status?.lastSeen ?? '');
              const failed = (status?.services ?? []).filter(({ state }) => state === 'Failed');
              return [
                ...(ready?.status === 'True'
                  ? []
                  : [
                      problem(
                        `rack ${metadata.name} is not Ready: ${ready?.message ?? 'it never said anything'}`,
                        'look at its pod and its log',
                      ),
                    ]),
                ...(ready?.status === 'True' && !(silentMs < silentAfterMs)
                  ? [
                      warning(
                        `rack ${metadata.name} was last heard ${Number.isNaN(silentMs) ? 'never' : `${span(silentMs)} ago`}`,
                        'look at its pod, and at the clocks',
                      ),
                    ]
                  : []),
                ...failed.map(({ name, message }) =>
                  problem(
                    `rack ${metadata.name}: ${name} failed: ${message ?? ''}`,
                    'mend what the message names; is the port taken by another program?',
                  ),
                ),
              ];
            }),
      ),
  },
  {
    title: 'Networks',
    right: ({ vlans }) => `${count(vlans)} VLANs served, no DHCP server beside the racks`,
    find: ({ vlans }) =>
      readable(vlans, (all) =>
        all.flatMap(({ metadata, status }) => {
          const ready = findCondition(status?.conditions, 'Ready');
          const foreign = findCondition(status?.conditions, 'ForeignDHCP');
          return [
            ...(ready?.status === 'False'
              ? [problem(`VLAN ${metadata.name}: ${ready.message}`, `kubectl describe vlan ${metadata.name}`)]
              : []),
            ...(foreign?.status === 'True'
              ? [
                  problem(
                    `VLAN ${metadata.name}: ${foreign.message}`,
                    'find the other DHCP server by its MAC address at the switch',
                  ),
                ]
              : []),
          ];
        }),
      ),
  },
  {
    title: 'Images',
    right: ({ images }) => `${count(images)} Ready`,
    find: ({ images }) =>
      readable(images, (all) => [
        ...(all.some(({ spec }) => spec.purpose === 'Ephemeral')
          ? []
          : [
              problem(
                'there is no image of purpose Ephemeral',
                'import one: without the ephemeral OS nothing is commissioned or installed',
              ),
            ]),
        ...all.flatMap(({ metadata, status }) => {
          const ready = findCondition(status?.conditions, 'Ready');
          if (ready?.status === 'True') return [];
          const what = `image ${metadata.name} is not Ready: ${ready?.message ?? 'nobody has looked at it yet'}`;
          return [
            isTrue(status?.conditions, 'Stalled')
              ? problem(what, `correct the image: mw image show ${metadata.name}`)
              : warning(what, 'wait for its import'),
          ];
        }),
      ]),
  },
  {
    title: 'BMCs',
    right: ({ machines }) => `those of ${count(machines)} machines answer`,
    find: ({ machines }) =>
      readable(machines, (all) =>
        all.flatMap(({ metadata, spec, status }) => {
          const reachable = findCondition(status?.conditions, 'Reachable');
          if (spec.bmc === undefined || reachable === undefined || reachable.status === 'True') return [];
          if (reachable.status === 'Unknown' && reachable.reason !== 'BmcSilent') return [];
          return [
            problem(
              `machine ${metadata.name}: ${reachable.message}`,
              'check spec.bmc, its Secret, and the cable of the BMC',
            ),
          ];
        }),
      ),
  },
  {
    title: 'Machines',
    right: ({ machines }) => `${count(machines)}, none of them failed or late`,
    find: ({ machines }) =>
      readable(machines, (all) =>
        all.flatMap(({ metadata, status }) => {
          const late = findCondition(status?.conditions, 'Late');
          const show = `mw machine show ${metadata.name}`;
          if (status?.phase !== undefined && failedPhases.has(status.phase)) {
            const { reason = '', message = '' } = status.failure ?? {};
            return [
              problem(
                `machine ${metadata.name} is ${status.phase}: ${reason}: ${message}`,
                adviceOf(reason) ?? show,
              ),
            ];
          }
          if (late?.status === 'True')
            return [warning(`machine ${metadata.name} is late: ${late.message}`, show)];
          return [];
        }),
      ),
  },
  {
    title: 'Allocations',
    right: ({ allocations }) => `${count(allocations)}, none of them without a machine or failed`,
    find: ({ allocations }) =>
      readable(allocations, (all) =>
        all.flatMap(({ metadata, status }) => {
          if (!isTrue(status?.conditions, 'Stalled')) return [];
          const message = findCondition(status?.conditions, 'Stalled')?.message ?? '';
          const name = `${metadata.namespace ?? ''}/${metadata.name}`;
          return [
            warning(
              `allocation ${name}: ${message}`,
              `mw allocation show ${metadata.name} -n ${metadata.namespace ?? ''}`,
            ),
          ];
        }),
      ),
  },
];

function adviceOf(reason: string): string | undefined {
  const table: Readonly<Record<string, { advice: string }>> = failureTable;
  return table[reason]?.advice;
}
