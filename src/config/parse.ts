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

/**
 * Reads a process's whole configuration at once.
 *
 * @throws CodedError ConfigurationInvalid, which names every bad variable.
 */
export function parseConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => relevant(name) && value !== undefined && value !== '',
    ),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new CodedError('ConfigurationInvalid', `the environment is not valid: ${problems.join('; ')}`);
}

function relevant(name: string): boolean {
  return name.startsWith('METALWRIGHT_') || name === 'KUBECONFIG';
}
