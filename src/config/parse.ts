import { z } from 'zod';
import { CodedError } from '../errors/coded-error.ts';

/** Where a process gets its configuration from: the environment, empty values left out. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `1`, `true`, `yes` and their opposites. */
export const Flag = z.stringbool();

/** Whole number in a string. */
export function wholeNumber(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^\d+$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));
}

/** `a,b,c` */
export const CommaList = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

/** A path that means the same wherever the program was started. */
export const AbsolutePath = z.string().startsWith('/', 'an absolute path');

/** The name of a namespace: an RFC 1123 label. */
export const NamespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'the name of a namespace');

/** The name of a cluster-scoped object, a node for one: an RFC 1123 subdomain. */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'lower-case letters, digits, dashes and dots');

/** The name of a network interface on Linux. */
export const InterfaceName = z
  .string()
  .regex(/^[^\s/:]{1,15}$/, 'the name of an interface: at most 15 characters');

/**
 * Reads a process's whole configuration at once.
 *
 * @throws CodedError ConfigurationInvalid, which names every bad variable.
 */
export function parseConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new CodedError('ConfigurationInvalid', `the environment is not valid: ${problems.join('; ')}`);
}
