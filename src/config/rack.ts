import { hostname } from 'node:os';
import { z } from 'zod';
import { adminOf, adminProblem, adminVariables, isAdminSafe } from './admin.ts';
import {
  AbsolutePath,
  CommaList,
  Flag,
  InterfaceName,
  NamespaceName,
  ObjectName,
  wholeNumber,
} from './parse.ts';

/** Configuration of `src/bin/rack.ts`, by environment variable. */
export const RackConfiguration = z
  .object({
    KUBECONFIG: z.string().optional(),
    METALWRIGHT_NAMESPACE: NamespaceName.default('metalwright-system'),
    METALWRIGHT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    METALWRIGHT_RACK_NAME: ObjectName.prefault(() => hostname().toLowerCase()),
    /** Interfaces to serve; empty: all that are on a known VLAN. */
    METALWRIGHT_RACK_INTERFACES: CommaList.pipe(z.array(InterfaceName)).default([]),
    METALWRIGHT_STATE_DIR: AbsolutePath.default('/var/lib/metalwright'),
    METALWRIGHT_HTTP_PORT: wholeNumber(1, 65535).default(7480),
    /** All images together, in megabits a second; 0: as fast as it goes. */
    METALWRIGHT_HTTP_MBITS: wholeNumber(0, 1_000_000).default(0),
    METALWRIGHT_HTTPS_PORT: wholeNumber(1, 65535).default(7443),
    /** A Secret of type kubernetes.io/tls in METALWRIGHT_NAMESPACE; none: no HTTPS. */
    METALWRIGHT_TLS_SECRET: ObjectName.optional(),
    /** UEFI HTTP boot is sent to HTTPS. */
    METALWRIGHT_HTTPS_BOOT: Flag.default(false),
    METALWRIGHT_LOADERS_DIR: AbsolutePath.default('/usr/lib/ipxe'),
    /** Where the packages of shim, GRUB and ISOLINUX put their programs, for virtual media. */
    METALWRIGHT_MEDIA_PROGRAMS_DIR: AbsolutePath.default('/usr/lib'),
    /** What BMCs reach this rack by, where that is none of the addresses that it serves. */
    METALWRIGHT_MEDIA_URL: z
      .string()
      .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/, 'http:// or https://, a host, and a port')
      .optional(),
    /** Directories that BootImages of source `file` may lie in. */
    METALWRIGHT_IMAGE_DIRS: CommaList.pipe(z.array(AbsolutePath)).default(['/var/lib/metalwright/images']),
    METALWRIGHT_IMAGE_CACHE_MIB: wholeNumber(64, 1 << 24).default(65536),
    /** Machines that enlist themselves are approved at once. */
    METALWRIGHT_AUTO_APPROVE: Flag.default(false),
    METALWRIGHT_POWER_POLL_SECONDS: wholeNumber(5, 86400).default(60),
    /** Between two looks at health, sensors and event log through a BMC; 0: none. */
    METALWRIGHT_BMC_HEALTH_SECONDS: wholeNumber(0, 86400).default(300),
    /** Machines whose serial consoles are listened to at once while Metalwright boots them; 0: none. */
    METALWRIGHT_CONSOLE_RECORDINGS: wholeNumber(0, 256).default(32),
    /** Pause between two changing commands to one BMC. */
    METALWRIGHT_BMC_PACE_MS: wholeNumber(0, 60000).default(5000),
    /** At most so many machines are turned on through this rack in METALWRIGHT_POWER_ON_SECONDS; 0: no limit. */
    METALWRIGHT_POWER_ON_LIMIT: wholeNumber(0, 10_000).default(0),
    METALWRIGHT_POWER_ON_SECONDS: wholeNumber(1, 600).default(30),
    /** Ask an address whether somebody has it before it is offered to an unknown client. */
    METALWRIGHT_DHCP_PING_CHECK: Flag.default(true),
    /** Between two probes for foreign DHCP servers; 0: only listen. */
    METALWRIGHT_DHCP_PROBE_SECONDS: wholeNumber(0, 86400).default(300),
    /** How long a slice of a dynamic range is a rack's without renewal. A dead rack's is taken over after it. */
    METALWRIGHT_SLICE_TERM_SECONDS: wholeNumber(3, 600).default(40),
    METALWRIGHT_SLICE_RENEW_SECONDS: wholeNumber(1, 200).default(10),
    ...adminVariables,
  })
  .refine((env) => env.METALWRIGHT_SLICE_RENEW_SECONDS * 3 <= env.METALWRIGHT_SLICE_TERM_SECONDS, {
    path: ['METALWRIGHT_SLICE_RENEW_SECONDS'],
    message: 'at most a third of METALWRIGHT_SLICE_TERM_SECONDS',
  })
  .refine((env) => !env.METALWRIGHT_HTTPS_BOOT || env.METALWRIGHT_TLS_SECRET !== undefined, {
    path: ['METALWRIGHT_HTTPS_BOOT'],
    message: 'needs METALWRIGHT_TLS_SECRET',
  })
  .refine(
    (env) =>
      env.METALWRIGHT_TLS_SECRET === undefined || env.METALWRIGHT_HTTPS_PORT !== env.METALWRIGHT_HTTP_PORT,
    { path: ['METALWRIGHT_HTTPS_PORT'], message: 'another one than METALWRIGHT_HTTP_PORT' },
  )
  .refine(isAdminSafe, adminProblem)
  .transform((env) => ({
    kubeconfig: env.KUBECONFIG,
    namespace: env.METALWRIGHT_NAMESPACE,
    logLevel: env.METALWRIGHT_LOG_LEVEL,
    name: env.METALWRIGHT_RACK_NAME,
    interfaces: env.METALWRIGHT_RACK_INTERFACES,
    stateDirectory: env.METALWRIGHT_STATE_DIR,
    httpPort: env.METALWRIGHT_HTTP_PORT,
    httpBytesPerSecond: env.METALWRIGHT_HTTP_MBITS === 0 ? undefined : env.METALWRIGHT_HTTP_MBITS * 125_000,
    https:
      env.METALWRIGHT_TLS_SECRET === undefined
        ? undefined
        : {
            port: env.METALWRIGHT_HTTPS_PORT,
            secretName: env.METALWRIGHT_TLS_SECRET,
            boot: env.METALWRIGHT_HTTPS_BOOT,
          },
    loadersDirectory: env.METALWRIGHT_LOADERS_DIR,
    mediaProgramsDirectory: env.METALWRIGHT_MEDIA_PROGRAMS_DIR,
    mediaUrl: env.METALWRIGHT_MEDIA_URL?.replace(/\/$/, ''),
    imageDirectories: env.METALWRIGHT_IMAGE_DIRS,
    imageCacheBytes: env.METALWRIGHT_IMAGE_CACHE_MIB * 1024 * 1024,
    autoApprove: env.METALWRIGHT_AUTO_APPROVE,
    powerPollMs: env.METALWRIGHT_POWER_POLL_SECONDS * 1000,
    bmcHealthMs: env.METALWRIGHT_BMC_HEALTH_SECONDS * 1000,
    consoleRecordings: env.METALWRIGHT_CONSOLE_RECORDINGS,
    bmcPaceMs: env.METALWRIGHT_BMC_PACE_MS,
    turnOnLimit:
      env.METALWRIGHT_POWER_ON_LIMIT === 0
        ? undefined
        : { most: env.METALWRIGHT_POWER_ON_LIMIT, windowMs: env.METALWRIGHT_POWER_ON_SECONDS * 1000 },
    dhcpPingCheck: env.METALWRIGHT_DHCP_PING_CHECK,
    dhcpProbeMs: env.METALWRIGHT_DHCP_PROBE_SECONDS * 1000,
    slices: {
      termSeconds: env.METALWRIGHT_SLICE_TERM_SECONDS,
      renewSeconds: env.METALWRIGHT_SLICE_RENEW_SECONDS,
    },
    admin: adminOf(env),
  }));
export type RackConfiguration = z.infer<typeof RackConfiguration>;
