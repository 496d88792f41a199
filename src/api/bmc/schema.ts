import { z } from 'zod';
import { cel, ObjectName } from '../fields.ts';
import { bmcDriverNames, bmcDrivers } from './drivers.ts';
import { bmcRules } from './rules.ts';

const withUrl = bmcDriverNames.filter((name) => bmcDrivers[name].address === 'Url');

/** `spec.bmc` of a Machine. */
export const Bmc = z
  .object({
    driver: z
      .enum(bmcDriverNames)
      .describe(
        `How the BMC is spoken to: ${bmcDriverNames.map((name) => `${name} (${bmcDrivers[name].title})`).join(', ')}.`,
      ),
    address: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[A-Za-z0-9.:[\]/_~%@+-]+$/)
      .optional()
      .describe(`Host or host:port of the BMC; for ${withUrl.join(', ')} also a URL: https://10.0.0.5.`),
    credentialsSecret: ObjectName.optional().describe(
      "Name of a Secret in Metalwright's own namespace: with username and password, or with what else the driver takes.",
    ),
    parameters: z
      .record(z.string().max(63), z.string().max(253))
      .optional()
      .meta({ maxProperties: 16 })
      .describe('Settings of the driver, as texts: see the reference of power drivers.'),
    tls: z
      .object({
        fingerprint: z
          .string()
          .max(64)
          .regex(/^[0-9a-f]{64}$/)
          .optional()
          .describe('SHA-256 of the one certificate to accept, lower-case hex.'),
        caBundle: z.string().max(65536).optional().describe('PEM certificates to trust.'),
        insecureSkipVerify: z
          .boolean()
          .optional()
          .describe('Accept any certificate. For a laboratory: whoever is in between learns the password.'),
      })
      .meta(
        cel({
          rule: '!has(self.insecureSkipVerify) || !self.insecureSkipVerify || (!has(self.fingerprint) && !has(self.caBundle))',
          message: 'insecureSkipVerify excludes fingerprint and caBundle',
          fieldPath: '.insecureSkipVerify',
        }),
      )
      .optional()
      .describe("How the BMC's certificate is verified. Default: by the authorities that the system trusts."),
  })
  .meta(cel(...bmcRules(bmcDrivers)))
  .describe("The machine's power controller.");
export type Bmc = z.infer<typeof Bmc>;
