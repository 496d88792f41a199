import { z } from 'zod';
import type { CodedError } from '../../../errors/coded-error.ts';
import type { PowerTarget } from '../driver.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { type BmcRequest, createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpAnswer } from '../http/request.ts';

const Logon = z.object({ 'api-session': z.string().min(1) });
const Refusal = z.object({ reason: z.int().optional(), message: z.string().optional() });
type Refusal = z.infer<typeof Refusal>;

/** One session with the HMC: opened with the first request, opened anew once when it has ended, closed by `close`. */
export interface HmczSession {
  /** @returns the answer's JSON, checked. @throws CodedError<PowerErrorCode> */
  ask<T extends z.ZodType>(
    schema: T,
    asked: Pick<BmcRequest, 'method' | 'path' | 'json'>,
    signal: AbortSignal,
  ): Promise<z.infer<T>>;
  /** Never throws. */
  close(): Promise<void>;
}

/** Source: Hardware Management Console Web Services API (Logon, Logoff, common error codes). */
export function createHmczSession(target: PowerTarget): HmczSession {
  const http = createBmcHttp(target, { scheme: 'https', port: 6794 });
  let session: string | undefined;

  const logOn = async (signal: AbortSignal): Promise<string> => {
    const json = { userid: target.username, password: target.password };
    const what = 'POST /api/sessions';
    const answer = await http.send({ method: 'POST', path: '/api/sessions', json }, signal);
    if (answer.status === 403) {
      const { message = 'HTTP 403' } = refusalOf(answer);
      throw powerError('BmcAuthenticationFailed', `${what}: ${message.slice(0, 200)}`);
    }
    throwRefusal(answer, what);
    return read(Logon, answer, what)['api-session'];
  };
  const send = (asked: BmcRequest, given: string, signal: AbortSignal): Promise<HttpAnswer> =>
    http.send({ ...asked, headers: { 'x-api-session': given } }, signal);

  return {
    async ask(schema, asked, signal) {
      const had = session !== undefined;
      session ??= await logOn(signal);
      let answer = await send(asked, session, signal);
      if (had && sessionEnded(answer)) {
        session = undefined;
        session = await logOn(signal);
        answer = await send(asked, session, signal);
      }
      const what = `${asked.method} ${asked.path}`;
      throwRefusal(answer, what);
      return read(schema, answer, what);
    },
    async close() {
      const ended = session;
      session = undefined;
      if (ended !== undefined) {
        const asked = { method: 'DELETE', path: '/api/sessions/this-session' } as const;
        await send(asked, ended, AbortSignal.timeout(5_000)).catch(() => undefined);
      }
      await http.close();
    },
  };
}

/** 403 with reason 4 (no session given) or 5 (session not valid). */
function sessionEnded(answer: HttpAnswer): boolean {
  const { reason } = answer.status === 403 ? refusalOf(answer) : {};
  return reason === 4 || reason === 5;
}

function throwRefusal(answer: HttpAnswer, what: string): void {
  if (answer.status >= 200 && answer.status < 300) return;
  const { code, retryable } = answer.status === 404 ? unknown : statusMeaning(answer.status);
  throw refusalError(code, retryable, answer, what);
}

const unknown = { code: 'BmcSystemNotFound', retryable: false } as const;

function refusalError(
  code: PowerErrorCode,
  retryable: boolean,
  answer: HttpAnswer,
  what: string,
): CodedError<PowerErrorCode> {
  const { reason, message = '' } = refusalOf(answer);
  const seen = `${what}: HTTP ${answer.status}${reason === undefined ? '' : `, reason ${reason}`} ${message.slice(0, 200)}`;
  return powerError(sessionEnded(answer) ? 'BmcAuthenticationFailed' : code, seen.trim(), { retryable });
}

function refusalOf({ bytes }: HttpAnswer): Refusal {
  return Refusal.safeParse(jsonOf(bytes)).data ?? {};
}

function read<T extends z.ZodType>(schema: T, answer: HttpAnswer, what: string): z.infer<T> {
  const parsed = schema.safeParse(answer.bytes.length === 0 ? {} : jsonOf(answer.bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const seen = `${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  throw powerError('BmcProtocolError', seen, { retryable: true });
}

/** Undefined for what is no JSON. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
