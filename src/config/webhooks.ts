import { parse } from 'yaml';
import { z } from 'zod';
import { CodedError } from '../errors/coded-error.ts';

/** What may be told; as in src/store/webhooks.ts, which is of another layer. */
const topics = ['phases', 'failures', 'tests', 'warnings'] as const;

const Receiver = z
  .string()
  .max(2048)
  .refine(
    (text) => URL.canParse(text) && /^(https:\/\/|http:\/\/(127\.[\d.]+|localhost|\[::1\])[:/])/.test(text),
    'a URL of https (of http on the loopback alone)',
  )
  .transform((text) => new URL(text))
  .refine(({ username, password }) => username === '' && password === '', 'a URL without a user in it');

const Webhook = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes'),
  url: Receiver,
  /** Each signs: two while one is changed for the other. */
  secrets: z.array(z.string().min(24, 'at least 24 characters').max(256)).min(1).max(4),
  events: z.array(z.enum(topics)).min(1),
  ca: z.string().includes('-----BEGIN CERTIFICATE-----', { message: 'PEM' }).optional(),
});

const Webhooks = z.strictObject({
  webhooks: z
    .array(Webhook)
    .max(32)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names that differ'),
});
export type WebhookSettings = z.infer<typeof Webhook>;

/**
 * The file that METALWRIGHT_WEBHOOKS names: YAML or JSON.
 *
 * @throws CodedError ConfigurationInvalid, which names every bad place, and no value
 */
export function parseWebhooks(text: string): WebhookSettings[] {
  const parsed = Webhooks.safeParse(readYaml(text));
  if (parsed.success) return parsed.data.webhooks;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CodedError('ConfigurationInvalid', `METALWRIGHT_WEBHOOKS is not valid: ${problems.join('; ')}`);
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // What the parser says quotes the file, which has secrets in it.
    throw new CodedError('ConfigurationInvalid', 'METALWRIGHT_WEBHOOKS: the file is no YAML');
  }
}
