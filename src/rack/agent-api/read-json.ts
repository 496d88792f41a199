import type { z } from 'zod';
import { type Answer, problem, type Request } from '../http/answer.ts';

/** A body as its schema says, or the answer that refuses it. */
export async function readJson<T>(
  request: Request,
  schema: z.ZodType<T>,
  maxBytes: number,
): Promise<{ value: T } | { refusal: Answer }> {
  const bytes = await request.body(maxBytes);
  if (bytes === undefined) return { refusal: problem('BodyTooLarge', `more than ${maxBytes} bytes`) };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { refusal: problem('BadRequest', 'the body is no JSON') };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  // Names the field and what is wrong with it, never the value: that may be a secret.
  const [issue] = parsed.error.issues;
  const detail = `${issue?.path.join('.') ?? ''}: ${issue?.code ?? 'invalid'}`;
  return { refusal: problem('BodyRefused', detail) };
}
