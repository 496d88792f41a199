import { kinds } from '../../src/api/crd/kinds.ts';
import { group } from '../../src/api/meta.ts';

/** One rule of RBAC (`rbac.authorization.k8s.io/v1` PolicyRule). */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The rules of one program, by where they hold. */
export interface ProgramAccess {
  /** In the whole cluster. */
  cluster: Rule[];
  /** In the namespace of Metalwright's Secrets and Leases. */
  own: Rule[];
  /** In the namespace `default`, where Events about cluster-scoped objects are. */
  events: Rule[];
}

interface KindAccess {
  /** Beside reading. Server-side apply is `patch`; `status` stands for `patch` of the status. */
  operator?: readonly ('create' | 'patch' | 'delete' | 'status')[];
  /** All that a rack does with it. */
  rack?: readonly ('read' | 'get' | 'create' | 'patch' | 'status')[];
}

const group_ = [group];
const read = ['get', 'list', 'watch'];

/**
 * What the operator and the racks do with the kinds: `src/controllers` and `src/rack` are where they do it, and the test of the
 * chart runs both with nothing more. A kind without a row is read by operator and server, its status written by the operator.
 */
const accessOf: Readonly<Record<string, KindAccess>> = {
  Allocation: { operator: ['patch', 'status'] },
  AllocationQuota: { operator: ['status'] },
  ApprovalPolicy: { operator: ['status'] },
  BootImage: { operator: ['status'], rack: ['read', 'status'] },
  Chassis: { operator: ['status'], rack: ['read', 'status'] },
  Fabric: { operator: ['status'] },
  IPAddress: { operator: ['create', 'delete', 'status'], rack: ['read'] },
  Machine: { operator: ['create', 'patch', 'status'], rack: ['read', 'create', 'status'] },
  MachineAction: { operator: ['delete', 'status'] },
  MachineInventory: { operator: [], rack: ['get', 'create', 'patch'] },
  Pool: { operator: ['create', 'status'] },
  Rack: { operator: ['status'], rack: ['read', 'create', 'status'] },
  Space: { operator: [] },
  Subnet: { operator: ['status'], rack: ['read'] },
  Tag: { operator: ['status'] },
  VLAN: { operator: ['status'], rack: ['read'] },
  Zone: { operator: ['create', 'status'] },
};

const hasStatus = new Set(kinds.filter((kind) => 'status' in kind.properties).map(({ kind }) => kind));
const everyPlural = kinds.map(({ plural }) => plural).sort();

/** Who a caller is, and what it may: the admin endpoint and the REST API ask the API server. */
const reviews: Rule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/** Serial consoles of machines: asked by the server, in the name of people who may. */
const consoles: Rule[] = [{ apiGroups: group_, resources: ['machines/console'], verbs: ['create'] }];

/** What machines said on their consoles, of history. */
const consoleReads: Rule[] = [{ apiGroups: group_, resources: ['machines/console'], verbs: ['get'] }];

/** Leases of dynamic ranges, which racks tell the server. */
const leaseReads: Rule[] = [{ apiGroups: group_, resources: ['racks/leases'], verbs: ['get'] }];

/** Events, for history. */
const eventReads: Rule[] = [
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list', 'watch'] },
];

const eventRules: Rule[] = [
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

function operatorAccess(): ProgramAccess {
  const rules = kinds.flatMap(({ kind, plural }) => {
    const verbs = (accessOf[kind] ?? { operator: ['status'] }).operator ?? [];
    return rulesOf(
      plural,
      ['read', ...verbs].filter((verb) => verb !== 'status' || hasStatus.has(kind)),
    );
  });
  return {
    cluster: [...merged(rules), ...reviews, ...eventRules],
    own: [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: [...read, 'create', 'update'],
      },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] },
    ],
    events: [],
  };
}

function rackAccess(): ProgramAccess {
  const rules = kinds.flatMap(({ kind, plural }) => rulesOf(plural, accessOf[kind]?.rack ?? []));
  return {
    cluster: [...merged(rules), ...reviews],
    own: [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: [...read, 'create', 'update', 'patch'],
      },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
    ],
    events: eventRules,
  };
}

/** The server writes nothing in its own name but API keys, to a Secret beside it. That right, and its right to impersonate, are the chart's: names and values narrow them. */
function serverAccess(): ProgramAccess {
  return {
    cluster: [
      { apiGroups: group_, resources: everyPlural, verbs: read },
      ...consoles,
      ...eventReads,
      ...reviews,
    ],
    own: [],
    events: [],
  };
}

function rulesOf(plural: string, verbs: readonly string[]): Rule[] {
  const direct = verbs.flatMap((verb) => (verb === 'read' ? read : verb === 'status' ? [] : [verb]));
  const status = verbs.includes('status')
    ? [{ apiGroups: group_, resources: [`${plural}/status`], verbs: ['patch'] }]
    : [];
  if (direct.length === 0) return status;
  return [{ apiGroups: group_, resources: [plural], verbs: direct }, ...status];
}

/** Rules with the same verbs as one. */
function merged(rules: readonly Rule[]): Rule[] {
  const byVerbs = new Map<string, Rule>();
  for (const { apiGroups, resources, verbs } of rules) {
    const rule = byVerbs.get(verbs.join()) ?? { apiGroups, resources: [], verbs };
    byVerbs.set(verbs.join(), { ...rule, resources: [...rule.resources, ...resources].sort() });
  }
  return [...byVerbs.values()];
}

/** Who works with Metalwright: roles that the chart makes and binds to nobody. */
function peopleAccess(): Record<'viewer' | 'user' | 'administrator', Rule[]> {
  const namespaced = kinds.filter((kind) => kind.namespaced && kind.kind !== 'AllocationQuota');
  const written = kinds.filter(({ kind }) => kind !== 'MachineInventory');
  const write = ['create', 'update', 'patch', 'delete'];
  return {
    viewer: [{ apiGroups: group_, resources: everyPlural, verbs: read }, ...leaseReads],
    user: [
      {
        apiGroups: group_,
        resources: namespaced.map(({ plural }) => plural).sort(),
        verbs: [...read, ...write],
      },
    ],
    administrator: [
      { apiGroups: group_, resources: everyPlural, verbs: read },
      { apiGroups: group_, resources: written.map(({ plural }) => plural).sort(), verbs: write },
      { apiGroups: group_, resources: ['machineinventories'], verbs: ['delete'] },
      ...consoles,
      ...consoleReads,
      ...leaseReads,
    ],
  };
}

/** Everything that the chart's `files/access.json` holds. */
export function chartAccess() {
  return {
    operator: operatorAccess(),
    rack: rackAccess(),
    server: serverAccess(),
    people: peopleAccess(),
  };
}
