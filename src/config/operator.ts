import { hostname } from 'node:os';
import { z } from 'zod';
import { BmcUserName, setupCipherSuites, setupPrivileges } from '../api/bmc/setup.ts';
import { adminOf, adminProblem, adminVariables, isAdminSafe } from './admin.ts';
import { AbsolutePath, CommaList, Flag, NamespaceName, wholeNumber } from './parse.ts';
import { areTraceHeadersGood, tracesOf, tracesProblem, traceVariables } from './traces.ts';

const seconds = (fallback: number) => wholeNumber(1, 604800).default(fallback);

/** Configuration of `src/bin/operator.ts`, by environment variable. Timeouts in seconds. */
export const OperatorConfiguration = z
  .object({
    KUBECONFIG: z.string().optional(),
    METALWRIGHT_NAMESPACE: NamespaceName.default('metalwright-system'),
    METALWRIGHT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    METALWRIGHT_IDENTITY: z.string().min(1).default(hostname().toLowerCase()),
    /** Directories that BootImages of source `file` may lie in. */
    METALWRIGHT_IMAGE_DIRS: CommaList.pipe(z.array(AbsolutePath)).default(['/var/lib/metalwright/images']),
    METALWRIGHT_TIMEOUT_POWER: seconds(300),
    METALWRIGHT_TIMEOUT_BOOT: seconds(600),
    METALWRIGHT_TIMEOUT_AGENT_SILENCE: seconds(120),
    METALWRIGHT_TIMEOUT_COMMISSION: seconds(1800),
    METALWRIGHT_TIMEOUT_INSTALL: seconds(3600),
    METALWRIGHT_TIMEOUT_FIRST_BOOT: seconds(1200),
    METALWRIGHT_TIMEOUT_ERASE: seconds(86400),
    METALWRIGHT_TIMEOUT_VANISHED: seconds(900),
    /** Set up BMCs of machines that enlisted themselves; and how, unless a Machine says otherwise. */
    METALWRIGHT_BMC_SETUP: Flag.default(true),
    METALWRIGHT_BMC_USER: BmcUserName.default('metalwright'),
    METALWRIGHT_BMC_PRIVILEGE: z.enum(setupPrivileges).default('Administrator'),
    METALWRIGHT_BMC_CIPHER_SUITES: CommaList.pipe(z.array(z.enum(setupCipherSuites)).min(1).max(2)).default([
      '17',
      '3',
    ]),
    METALWRIGHT_BMC_KEY: Flag.default(false),
    METALWRIGHT_BMC_ROTATION_DAYS: wholeNumber(0, 3650).default(0),
    ...adminVariables,
    ...traceVariables,
  })
  .refine(isAdminSafe, adminProblem)
  .refine(areTraceHeadersGood, tracesProblem)
  .transform((env) => ({
    kubeconfig: env.KUBECONFIG,
    namespace: env.METALWRIGHT_NAMESPACE,
    logLevel: env.METALWRIGHT_LOG_LEVEL,
    identity: env.METALWRIGHT_IDENTITY,
    imageDirectories: env.METALWRIGHT_IMAGE_DIRS,
    admin: adminOf(env),
    traces: tracesOf(env),
    bmcSetup: {
      enabled: env.METALWRIGHT_BMC_SETUP,
      user: env.METALWRIGHT_BMC_USER,
      privilege: env.METALWRIGHT_BMC_PRIVILEGE,
      cipherSuites: env.METALWRIGHT_BMC_CIPHER_SUITES,
      bmcKey: env.METALWRIGHT_BMC_KEY,
      rotateAfterDays: env.METALWRIGHT_BMC_ROTATION_DAYS,
    },
    vanishedMs: env.METALWRIGHT_TIMEOUT_VANISHED * 1000,
    timeoutsMs: {
      power: env.METALWRIGHT_TIMEOUT_POWER * 1000,
      boot: env.METALWRIGHT_TIMEOUT_BOOT * 1000,
      agentSilence: env.METALWRIGHT_TIMEOUT_AGENT_SILENCE * 1000,
      commission: env.METALWRIGHT_TIMEOUT_COMMISSION * 1000,
      install: env.METALWRIGHT_TIMEOUT_INSTALL * 1000,
      firstBoot: env.METALWRIGHT_TIMEOUT_FIRST_BOOT * 1000,
      erase: env.METALWRIGHT_TIMEOUT_ERASE * 1000,
    },
  }));
export type OperatorConfiguration = z.infer<typeof OperatorConfiguration>;
