import { z } from 'zod';
import { ObjectName, Timestamp } from '../fields.ts';

/** Raw X25519 key, base64url. */
const RawKey = z
  .string()
  .max(43)
  .regex(/^[A-Za-z0-9_-]{43}$/);

/** A user name that every BMC takes. */
export const BmcUserName = z
  .string()
  .max(16)
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,15}$/);

export const setupPrivileges = ['Operator', 'Administrator'] as const;
export const setupCipherSuites = ['17', '3'] as const;

/** What a BMC is set up with, where it differs from the operator's configuration: `spec.bmcSetup` of a Machine. */
export const BmcSetupSpec = z.object({
  enabled: z
    .boolean()
    .default(true)
    .describe("Make Metalwright's own user on the BMC while the machine is commissioned."),
  privilege: z.enum(setupPrivileges).optional().describe('Of that user.'),
  cipherSuites: z
    .array(z.enum(setupCipherSuites))
    .min(1)
    .max(2)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('IPMI: the only cipher suites that anybody may use over LAN.'),
  bmcKey: z
    .boolean()
    .optional()
    .describe('IPMI: set a random BMC key (K_g) as well. Every other user of IPMI over LAN needs it then.'),
  rotateAfterDays: z
    .int()
    .min(0)
    .max(3650)
    .optional()
    .describe('Set another password when it is so old, in days. 0: never.'),
});
export type BmcSetupSpec = z.infer<typeof BmcSetupSpec>;

/** What the agent is told about setting up the BMC of its machine; part of an Inventory task. Holds no secret. */
export const BmcSetupOrder = z.object({
  publicKey: RawKey.describe("The operator's: credentials are sealed to it."),
  machine: z.string().max(253),
  machineUid: z.string().max(36),
  generation: z
    .int()
    .min(0)
    .describe('The boot generation. With the above: what sealed credentials are bound to.'),
  user: BmcUserName,
  driver: z
    .enum(['ipmi', 'redfish'])
    .optional()
    .describe('What the user is for. Default: Redfish where the BMC can be set up by it, else IPMI.'),
  privilege: z.enum(setupPrivileges),
  cipherSuites: z.array(z.enum(setupCipherSuites)).min(1).max(2),
  bmcKey: z.boolean(),
});
export type BmcSetupOrder = z.infer<typeof BmcSetupOrder>;

/** Credentials that only the operator can read. */
export const SealedCredentials = z.object({
  ephemeralKey: RawKey,
  ciphertext: z
    .string()
    .max(4096)
    .regex(/^[A-Za-z0-9_-]+$/),
});
export type SealedCredentials = z.infer<typeof SealedCredentials>;

/** What is inside: all that the operator needs to know to reach the BMC. The BMC key is a printable text. */
export const BmcCredentials = z.object({
  driver: z.enum(['ipmi', 'redfish']),
  address: z.string().max(253),
  username: BmcUserName,
  password: z.string().min(8).max(64),
  bmcKey: z.string().min(1).max(20).optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type BmcCredentials = z.infer<typeof BmcCredentials>;

/** Why a BMC was not set up, as the agent sees it. */
export const bmcSetupFailures = [
  'BmcNotFound',
  'BmcHasNoAddress',
  'BmcHasNoRoomForUser',
  'BmcRefusedSetup',
  'BmcSetupTimeout',
] as const;

/** `PUT /agent/v1/tasks/{id}/bmc`: how far the agent is with the BMC. Idempotent. */
export const BmcStageReport = z.object({
  stage: z
    .enum(['Offered', 'Applied', 'Failed'])
    .describe('Offered: nothing is set yet; Applied: the BMC has them now.'),
  offer: z.string().min(1).max(64).describe('Names these credentials.'),
  box: SealedCredentials.optional().describe('Of an offer: the credentials, sealed to the operator.'),
  reason: z.enum(bmcSetupFailures).optional(),
  message: z.string().max(1024).optional(),
});
export type BmcStageReport = z.infer<typeof BmcStageReport>;

/** The same as a rack writes it into the status. */
export const BmcReport = z.object({
  ...BmcStageReport.shape,
  task: z.string().max(128),
  generation: z.int().min(0).describe('The boot generation.'),
  at: Timestamp,
});
export type BmcReport = z.infer<typeof BmcReport>;

/** What the operator made of it. */
export const BmcSetupState = z.object({
  offer: z.string().max(64),
  state: z
    .enum(['Stored', 'Done', 'Refused', 'Failed'])
    .describe('Stored: the credentials are safe and may be set; Done: they are set and in use.'),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  at: Timestamp,
});
export type BmcSetupState = z.infer<typeof BmcSetupState>;

/** `GET /agent/v1/tasks/{id}/bmc/{offer}`. */
export const BmcOfferAnswer = z.object({
  state: z.enum(['Waiting', 'Stored', 'Done', 'Refused', 'Failed']),
  message: z.string().max(1024).optional(),
});
export type BmcOfferAnswer = z.infer<typeof BmcOfferAnswer>;

/** A BMC that was found and set up: `status.bmc` of a Machine. */
export const FoundBmc = z.object({
  driver: z.enum(['ipmi', 'redfish']),
  address: z.string().max(253),
  credentialsSecret: ObjectName,
  user: BmcUserName.describe("Metalwright's own user."),
  fingerprint: z
    .string()
    .max(64)
    .optional()
    .describe('SHA-256 of its certificate, as it was seen from within the machine.'),
  rotatedAt: Timestamp.describe('When the password was set last.'),
});
export type FoundBmc = z.infer<typeof FoundBmc>;

/** The operator's wish for another password, made before it is set. */
export const BmcRotation = z.object({
  id: z.string().max(64).describe('Names the new credentials in the Secret.'),
  requestedAt: Timestamp,
});
export type BmcRotation = z.infer<typeof BmcRotation>;

/** What a rack made of it. */
export const BmcRotationResult = z.object({
  id: z.string().max(64),
  rack: z.string().max(253),
  outcome: z.enum(['Succeeded', 'Failed']),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  at: Timestamp,
});
export type BmcRotationResult = z.infer<typeof BmcRotationResult>;
