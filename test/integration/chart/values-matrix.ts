import type { Values } from './helm.ts';

/** Values that people have, a row each: every switch of the chart is in one of them. */
export const valuesMatrix: readonly (readonly [sentence: string, values: Values])[] = [
  ['nothing but defaults', {}],
  [
    'everything that is monitored',
    {
      monitoring: {
        serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '1m' },
        rules: { enabled: true, labels: { release: 'prometheus' } },
        dashboards: { enabled: true },
      },
    },
  ],
  [
    'certificates of cert-manager, and an Ingress',
    {
      tls: {
        mode: 'CertManager',
        certManager: { issuerRef: { name: 'ca' } },
        serverNames: ['10.0.0.5.nip.io'],
      },
      server: {
        ingress: {
          enabled: true,
          className: 'nginx',
          host: 'metal.example.com',
          tlsSecret: 'metal-tls',
          annotations: { 'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS' },
        },
      },
    },
  ],
  [
    'certificates that are there, and a Gateway',
    {
      tls: { mode: 'Existing', existing: { operator: 'o-tls', server: 's-tls', rack: 'r-tls' } },
      server: {
        gateway: { enabled: true, parentRefs: [{ name: 'gateway' }], hostnames: ['metal.example.com'] },
      },
    },
  ],
  ['racks alone beside the operator', { server: { enabled: false }, tests: { enabled: false } }],
  ['no racks', { rack: { enabled: false } }],
  ['a machine namespace of its own', { machineNamespace: 'machines', userData: { namespaces: ['tenant'] } }],
  [
    'tight networks and tight policies',
    {
      networkPolicies: {
        enabled: true,
        apiServer: { cidrs: ['10.96.0.1/32'], ports: [443] },
        serverFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
        extraEgress: { server: [{ ports: [{ protocol: 'TCP', port: 5432 }] }] },
      },
      policies: {
        kernelArguments: { denied: ['^init=', "it's", 'a"b'] },
        imageUrls: { schemes: ['https'], files: false },
        secretReferences: { pattern: '^bmc-[a-z0-9-]+$' },
      },
    },
  ],
  [
    'loose ones',
    {
      policies: { enabled: false },
      podDisruptionBudgets: { enabled: false },
      userData: { allNamespaces: true },
      crds: { keep: false },
    },
  ],
  [
    'configuration as YAML has it, and as texts',
    {
      operator: {
        config: {
          METALWRIGHT_LOG_LEVEL: 'debug',
          METALWRIGHT_TIMEOUT_BOOT: 900,
          METALWRIGHT_TIMEOUT_ERASE: '172800',
          METALWRIGHT_BMC_SETUP: false,
          METALWRIGHT_BMC_CIPHER_SUITES: ['17', '3'],
        },
        extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
      },
      rack: {
        config: {
          METALWRIGHT_AUTO_APPROVE: true,
          METALWRIGHT_RACK_INTERFACES: ['eth1', 'eth2'],
          METALWRIGHT_IMAGE_CACHE_MIB: 1000000,
        },
        storage: { type: 'Memory' },
        updateStrategy: { maxUnavailable: '25%' },
        nodeSelector: {},
        adminPort: 17481,
      },
      server: {
        replicas: 3,
        impersonation: { users: ['ann'], groups: ['system:authenticated'], serviceAccounts: ['ci'] },
        service: { type: 'LoadBalancer', port: 8443, annotations: { 'example.com/a': 'b' } },
        extraVolumes: [{ name: 'oidc', secret: { secretName: 'oidc' } }],
        extraVolumeMounts: [{ name: 'oidc', mountPath: '/etc/oidc' }],
      },
    },
  ],
  [
    'history in a PostgreSQL',
    {
      networkPolicies: { enabled: true },
      server: {
        history: { enabled: true, database: { secretName: 'db', key: 'uri', port: 6432 } },
        webhooks: { secretName: 'hooks', key: 'file', ports: [8443] },
      },
    },
  ],
  [
    'history in a claim, of one server',
    {
      server: {
        replicas: 1,
        history: {
          enabled: true,
          storage: { type: 'PersistentVolumeClaim', size: '20Gi', storageClassName: 'fast' },
        },
      },
    },
  ],
  [
    'history in a claim that is there, beside a PostgreSQL',
    {
      server: {
        replicas: 1,
        history: {
          ...{ enabled: true, database: { secretName: 'db' } },
          storage: { type: 'PersistentVolumeClaim', existingClaim: 'mine' },
        },
      },
    },
  ],
  [
    'uploads, of one server that few may reach',
    {
      networkPolicies: {
        enabled: true,
        serverFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
        rackFrom: [{ ipBlock: { cidr: '10.0.0.0/24' } }],
      },
      server: {
        replicas: 1,
        service: { port: 8443 },
        uploads: { enabled: true, storage: { size: '100Gi', storageClassName: 'fast' } },
      },
    },
  ],
  [
    'uploads in a claim that is there, under a name of its own',
    {
      networkPolicies: { enabled: true },
      server: {
        replicas: 1,
        uploads: {
          ...{ enabled: true, url: 'https://metal.example.com' },
          storage: { existingClaim: 'mine' },
        },
      },
    },
  ],
  [
    'a PostgreSQL of its own',
    {
      networkPolicies: { enabled: true },
      server: { history: { enabled: true } },
      postgresql: {
        enabled: true,
        storage: { size: '50Gi', storageClassName: 'fast' },
        nodeSelector: { disk: 'fast' },
        tolerations: [{ key: 'control', operator: 'Exists' }],
        priorityClassName: 'system-cluster-critical',
        podAnnotations: { 'example.com/a': 'b' },
        podLabels: { 'example.com/c': 'd' },
      },
    },
  ],
  [
    'a PostgreSQL of its own, of parts that are there',
    {
      tls: {
        mode: 'Existing',
        existing: { operator: 'o-tls', server: 's-tls', rack: 'r-tls', postgresql: 'p-tls' },
      },
      server: { history: { enabled: true } },
      postgresql: {
        enabled: true,
        image: 'registry.example.com/debian-postgresql:13',
        existingSecret: 'db-password',
        storage: { existingClaim: 'mine' },
      },
    },
  ],
  ['history for a trial', { server: { replicas: 1, history: { enabled: true } } }],
  [
    'names, labels, places and pull secrets',
    {
      fullnameOverride: 'metal',
      commonLabels: { team: 'platform' },
      image: { repository: 'registry.example.com/metalwright', digest: `sha256:${'a'.repeat(64)}` },
      imagePullSecrets: [{ name: 'pull' }],
      operator: {
        priorityClassName: 'system-cluster-critical',
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'control', operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        podAnnotations: { 'example.com/a': 'b' },
        podLabels: { 'example.com/c': 'd' },
        serviceAccount: { annotations: { 'example.com/role': 'r' } },
      },
      rack: { podAnnotations: { 'example.com/a': 'b' }, podLabels: { 'example.com/c': 'd' } },
      server: { podAnnotations: { 'example.com/a': 'b' }, podLabels: { 'example.com/c': 'd' } },
    },
  ],
  [
    'images to begin with',
    {
      images: [
        {
          name: 'debian-12',
          labels: { 'example.com/a': 'b' },
          spec: {
            os: 'debian',
            release: '12',
            architecture: 'amd64',
            purpose: 'Disk',
            artifacts: [
              {
                role: 'Disk',
                format: 'RawZstd',
                source: { http: { url: 'https://images.example.com/d.zst' } },
              },
            ],
          },
        },
      ],
    },
  ],
];

/** Mistakes in values, and the word by which helm names them. */
export const mistakes: readonly (readonly [sentence: string, values: Values, word: string])[] = [
  ['a switch that is none', { rack: { enable: true } }, 'enable'],
  ['a variable that is none', { operator: { config: { METALWRIGHT_TIMEOUT_BOOTS: 1 } } }, 'TIMEOUT_BOOTS'],
  [
    'a variable of another program',
    { server: { config: { METALWRIGHT_HTTP_PORT: 1 } } },
    'METALWRIGHT_HTTP_PORT',
  ],
  [
    'a variable that the chart sets',
    { rack: { config: { METALWRIGHT_RACK_NAME: 'x' } } },
    'METALWRIGHT_RACK_NAME',
  ],
  [
    'a number beyond its range',
    { rack: { config: { METALWRIGHT_HTTP_PORT: 70000 } } },
    'METALWRIGHT_HTTP_PORT',
  ],
  [
    'a log level that is none',
    { operator: { config: { METALWRIGHT_LOG_LEVEL: 'loud' } } },
    'METALWRIGHT_LOG_LEVEL',
  ],
  ['a digest that is none', { image: { digest: 'latest' } }, 'digest'],
  ['a mode that is none', { tls: { mode: 'None' } }, 'mode'],
  ['no issuer', { tls: { mode: 'CertManager' } }, 'tls.certManager.issuerRef.name'],
  ['no Secret of a certificate', { tls: { mode: 'Existing' } }, 'tls.existing.'],
  ['no host of an Ingress', { server: { ingress: { enabled: true } } }, 'server.ingress.host'],
  ['webhooks without history', { server: { webhooks: { secretName: 'hooks' } } }, 'server.history.enabled'],
  ['servers without a database', { server: { history: { enabled: true } } }, 'database.secretName'],
  [
    'servers on one claim',
    {
      server: {
        history: {
          ...{ enabled: true, database: { secretName: 'db' } },
          storage: { type: 'PersistentVolumeClaim' },
        },
      },
    },
    'storage.type',
  ],
  ['a PostgreSQL for nothing', { postgresql: { enabled: true } }, 'server.history.enabled'],
  [
    'a PostgreSQL beside another',
    {
      server: { history: { enabled: true, database: { secretName: 'db' } } },
      postgresql: { enabled: true },
    },
    'a server has one database',
  ],
  [
    'a PostgreSQL beside the URL of another',
    {
      server: {
        history: { enabled: true },
        extraEnv: [{ name: 'METALWRIGHT_DATABASE_URL', value: 'postgres://db/x' }],
      },
      postgresql: { enabled: true },
    },
    'METALWRIGHT_DATABASE_URL',
  ],
  [
    'a PostgreSQL without a certificate',
    {
      tls: { mode: 'Existing', existing: { operator: 'o', server: 's', rack: 'r' } },
      server: { history: { enabled: true } },
      postgresql: { enabled: true },
    },
    'tls.existing.postgresql',
  ],
  ['uploads to several servers', { server: { uploads: { enabled: true } } }, 'server.replicas'],
  [
    'uploads that no rack could fetch',
    {
      networkPolicies: { enabled: true, serverFrom: [{ podSelector: {} }] },
      server: { replicas: 1, uploads: { enabled: true } },
    },
    'networkPolicies.rackFrom',
  ],
  [
    'the directory of history, which the chart sets',
    { server: { config: { METALWRIGHT_HISTORY_DIRECTORY: '/x' } } },
    'METALWRIGHT_HISTORY_DIRECTORY',
  ],
  ['an image without artifacts', { images: [{ name: 'i', spec: { os: 'debian' } }] }, 'artifacts'],
];
