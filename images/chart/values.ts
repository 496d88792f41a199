import { z } from 'zod';
import { BootImageSpec } from '../../src/api/boot-image/schema.ts';
import { Label, ObjectName } from '../../src/api/fields.ts';
import { configSchema, type JsonSchema, type Program } from './config-schema.ts';

const Texts = z.record(z.string(), z.string());
/** What Kubernetes itself knows the shape of, and refuses when it is wrong. */
const Anything = z.looseObject({});
const Port = z.int().min(1).max(65535);
const OptionalName = z.union([z.literal(''), ObjectName]);

/** A place for `configSchema`: the variables of one program. */
const config = (program: Program) =>
  z
    .record(z.string(), z.unknown())
    .meta({ 'x-config': program })
    .describe(`Variables of docs/reference/configuration.md, for the ${program}.`);

const places = {
  resources: Anything,
  nodeSelector: Texts,
  tolerations: z.array(Anything),
  affinity: Anything,
  podAnnotations: Texts,
  podLabels: Texts,
  priorityClassName: z.string(),
};

const pods = {
  ...places,
  serviceAccount: z.strictObject({ annotations: Texts }),
  extraEnv: z
    .array(Anything)
    .describe('More variables, as a container has them: values from Secrets, proxies.'),
};

const Replicas = z.int().min(1).max(9);

/** The values of `charts/metalwright`: its `values.schema.json` is made of this. */
export const ChartValues = z.strictObject({
  image: z.strictObject({
    repository: z.string().min(1),
    tag: z.string().describe('Default: the chart’s appVersion.'),
    digest: z
      .union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)])
      .describe('Wins over the tag.'),
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  }),
  imagePullSecrets: z.array(z.strictObject({ name: ObjectName })),
  nameOverride: z.string(),
  fullnameOverride: z.string(),
  commonLabels: Texts,
  machineNamespace: z
    .union([z.literal(''), Label])
    .describe(
      'Namespace of BMC credentials, seeds and Leases; racks may read every Secret in it. It has to be there. Default: the release’s.',
    ),
  crds: z.strictObject({
    enabled: z.boolean().describe('Install and upgrade the CRDs with the release.'),
    keep: z.boolean().describe('They, and so all objects, stay when the release is uninstalled.'),
  }),
  operator: z.strictObject({ replicas: Replicas, config: config('operator'), ...pods }),
  server: z.strictObject({
    enabled: z.boolean(),
    replicas: Replicas,
    config: config('server'),
    ...pods,
    extraVolumes: z.array(Anything),
    extraVolumeMounts: z.array(Anything),
    history: z
      .strictObject({
        enabled: z.boolean(),
        database: z.strictObject({
          secretName: OptionalName.describe(
            'A Secret with the URL of a PostgreSQL. Empty: an embedded database, of one replica alone.',
          ),
          key: z.string().min(1),
          port: Port.describe('Of the database, for networkPolicies.'),
        }),
        storage: z
          .strictObject({
            type: z
              .enum(['EmptyDir', 'PersistentVolumeClaim'])
              .describe('EmptyDir: gone with the pod. PersistentVolumeClaim: of one replica alone.'),
            size: z.string().regex(/^[1-9]\d*[MGT]i$/),
            storageClassName: OptionalName,
            existingClaim: OptionalName,
          })
          .describe('What waits for the database, and the embedded one.'),
      })
      .describe('What was: docs/guides/history.md.'),
    uploads: z
      .strictObject({
        enabled: z.boolean(),
        url: z
          .union([z.literal(''), z.string().regex(/^https?:\/\/[^/?#@]+$/)])
          .describe('How racks and the operator reach the server. Default: by its Service.'),
        storage: z.strictObject({
          size: z.string().regex(/^[1-9]\d*[MGT]i$/),
          storageClassName: OptionalName,
          existingClaim: OptionalName,
        }),
      })
      .describe('Images of disks that people upload, of one replica alone: docs/guides/images.md.'),
    webhooks: z
      .strictObject({
        secretName: OptionalName.describe('A Secret with the file of webhooks. Empty: nobody is told.'),
        key: z.string().min(1),
        ports: z.array(Port).describe('Of the receivers, for networkPolicies.'),
      })
      .describe('Who is told of what happens: docs/guides/webhooks.md.'),
    service: z.strictObject({
      type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
      port: Port,
      annotations: Texts,
    }),
    impersonation: z
      .strictObject({
        users: z.array(z.string().min(1)),
        groups: z.array(z.string().min(1)),
        serviceAccounts: z.array(ObjectName),
        extras: z
          .array(z.string().min(1))
          .describe('Names of what tokens say beside name and groups; each has to be allowed by name.'),
      })
      .describe('In whose names the server may write. An empty list: anybody of that kind.'),
    ingress: z.strictObject({
      enabled: z.boolean(),
      className: z.string(),
      host: z.string(),
      tlsSecret: OptionalName,
      annotations: Texts,
    }),
    gateway: z.strictObject({
      enabled: z.boolean(),
      parentRefs: z.array(Anything),
      hostnames: z.array(z.string()),
    }),
  }),
  rack: z.strictObject({
    enabled: z.boolean(),
    config: config('rack'),
    ...pods,
    adminPort: Port.describe('Port of the admin endpoint on the node’s address.'),
    storage: z.strictObject({
      type: z.enum(['HostPath', 'Memory']).describe('Memory: a restart forgets who has which address.'),
      path: z.string().startsWith('/'),
    }),
    updateStrategy: z.strictObject({
      maxUnavailable: z.union([z.int().min(1), z.string().regex(/^\d+%$/)]),
    }),
  }),
  postgresql: z
    .strictObject({
      enabled: z.boolean(),
      image: z.string().min(1).describe('Any image with Debian’s packages of PostgreSQL, 15 or later.'),
      existingSecret: OptionalName.describe('A Secret with the key password. Empty: the chart makes one.'),
      storage: z.strictObject({
        size: z.string().regex(/^[1-9]\d*[MGT]i$/),
        storageClassName: OptionalName,
        existingClaim: OptionalName,
      }),
      ...places,
    })
    .describe('A PostgreSQL for history, of one pod: docs/guides/history.md.'),
  userData: z
    .strictObject({
      namespaces: z.array(Label),
      allNamespaces: z.boolean().describe('The operator can then read every Secret of the cluster.'),
    })
    .describe('Namespaces whose Secrets the operator may get, for Allocation.spec.userDataSecret.'),
  tls: z.strictObject({
    mode: z.enum(['SelfSigned', 'CertManager', 'Existing']),
    certManager: z.strictObject({
      issuerRef: z.strictObject({ name: OptionalName, kind: z.string(), group: z.string() }),
      duration: z.string().regex(/^\d+h$/),
    }),
    existing: z.strictObject({
      operator: OptionalName,
      server: OptionalName,
      rack: OptionalName,
      postgresql: OptionalName,
    }),
    serverNames: z.array(z.string().min(1)).describe('More names of the REST API.'),
  }),
  policies: z
    .strictObject({
      enabled: z.boolean(),
      kernelArguments: z.strictObject({
        denied: z.array(z.string().min(1)).describe('Regular expressions (RE2) for one word.'),
      }),
      imageUrls: z.strictObject({ schemes: z.array(z.enum(['https', 'http'])), files: z.boolean() }),
      secretReferences: z.strictObject({
        pattern: z
          .string()
          .min(1)
          .describe('What the name of a Secret with BMC credentials has to match (RE2).'),
      }),
      protection: z.boolean().describe('metalwright.dev/protected: "true" refuses deletion.'),
    })
    .describe('Guards that the API server enforces.'),
  networkPolicies: z.strictObject({
    enabled: z.boolean(),
    apiServer: z.strictObject({ cidrs: z.array(z.string()), ports: z.array(Port) }),
    serverFrom: z.array(Anything).describe('Who may reach the REST API. Empty: anybody.'),
    rackFrom: z
      .array(Anything)
      .describe('The networks of the racks’ nodes: beside serverFrom, where images are uploaded.'),
    metricsFrom: z
      .array(Anything)
      .describe('Who may reach the operator’s metrics. Empty: anybody in the cluster.'),
    extraEgress: z.strictObject({ operator: z.array(Anything), server: z.array(Anything) }),
  }),
  podDisruptionBudgets: z.strictObject({ enabled: z.boolean() }),
  monitoring: z.strictObject({
    serviceMonitor: z.strictObject({
      enabled: z.boolean(),
      labels: Texts,
      interval: z.string().regex(/^\d+(s|m)$/),
    }),
    rules: z.strictObject({ enabled: z.boolean(), labels: Texts }),
    dashboards: z.strictObject({ enabled: z.boolean(), labels: Texts }),
  }),
  images: z
    .array(
      z.strictObject({
        name: ObjectName,
        labels: Texts.optional(),
        spec: z.looseObject({ ...BootImageSpec.shape }),
      }),
    )
    .describe('BootImages that are made with the release.'),
  tests: z.strictObject({ enabled: z.boolean() }),
  global: Anything.optional(),
});
export type ChartValues = z.infer<typeof ChartValues>;

/** `values.schema.json`, as an object. Values files name what they change: nothing is required. */
export function valuesSchema(): JsonSchema {
  const schema = z.toJSONSchema(ChartValues, {
    io: 'input',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      const program = jsonSchema['x-config'];
      if (program !== 'operator' && program !== 'rack' && program !== 'server') return;
      const { description } = jsonSchema;
      for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
      Object.assign(jsonSchema, configSchema(program), { description });
    },
  });
  return { ...schema, title: 'Values of Metalwright' };
}
