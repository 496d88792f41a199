import { isIP } from 'node:net';
import { z } from 'zod';
import { AbsolutePath, wholeNumber } from './parse.ts';

/** Variables of the admin endpoint: the same for every program that has one. */
export const adminVariables = {
  METALWRIGHT_ADMIN_ADDRESS: z
    .string()
    .refine((text) => isIP(text) !== 0, 'an IP address of this node')
    .default('127.0.0.1'),
  /** 0: no endpoint. */
  METALWRIGHT_ADMIN_PORT: wholeNumber(0, 65535).default(7481),
  METALWRIGHT_ADMIN_CERTIFICATE: AbsolutePath.optional(),
  METALWRIGHT_ADMIN_KEY: AbsolutePath.optional(),
};

type AdminEnvironment = z.infer<z.ZodObject<typeof adminVariables>>;

/** Where the admin endpoint listens; undefined: nowhere. */
export interface AdminConfiguration {
  address: string;
  port: number;
  /** Undefined: plain HTTP, on the loopback. */
  tls: { certificatePath: string; keyPath: string } | undefined;
}

/** What `isAdminSafe` asks for. */
export const adminProblem =
  'METALWRIGHT_ADMIN_ADDRESS: beyond the loopback METALWRIGHT_ADMIN_CERTIFICATE and METALWRIGHT_ADMIN_KEY are needed, both: callers send tokens';

/** Tokens go over TLS, or stay on the node. */
export function isAdminSafe(env: AdminEnvironment): boolean {
  const { METALWRIGHT_ADMIN_CERTIFICATE: certificate, METALWRIGHT_ADMIN_KEY: key } = env;
  if ((certificate === undefined) !== (key === undefined)) return false;
  const address = env.METALWRIGHT_ADMIN_ADDRESS;
  return certificate !== undefined || env.METALWRIGHT_ADMIN_PORT === 0 || /^(127\.|::1$)/.test(address);
}

export function adminOf(env: AdminEnvironment): AdminConfiguration | undefined {
  const { METALWRIGHT_ADMIN_CERTIFICATE: certificatePath, METALWRIGHT_ADMIN_KEY: keyPath } = env;
  if (env.METALWRIGHT_ADMIN_PORT === 0) return undefined;
  return {
    address: env.METALWRIGHT_ADMIN_ADDRESS,
    port: env.METALWRIGHT_ADMIN_PORT,
    tls: certificatePath === undefined || keyPath === undefined ? undefined : { certificatePath, keyPath },
  };
}
