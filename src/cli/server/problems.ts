import { messageOf } from '../../errors/coded-error.ts';
import { isRecord, stringMember } from '../../kube/json.ts';
import { CliError } from '../errors.ts';
import type { Exit } from '../exit-codes.ts';

/** How to get a token, as a command. */
export const tokenCommand = 'kubectl create token NAME -n NAMESPACE';

/** What a code of the REST API (src/server/errors.ts) means here, where it is not simply a failure. */
const told: Readonly<Record<string, { exit?: Exit; hint?: string }>> = {
  AlreadyExists: { exit: 'refused', hint: 'choose another name, or look at the one that is there' },
  BadRequest: { exit: 'refused' },
  BodyTooLarge: { exit: 'refused' },
  ConsoleUnavailable: {
    hint: 'racks offer consoles where they reach the BMC and have an admin endpoint: docs/guides/console.md',
  },
  Forbidden: {
    exit: 'refused',
    hint: 'ask for a role that allows it: docs/guides/history.md and docs/guides/console.md have them',
  },
  Invalid: { exit: 'refused' },
  Misconfigured: { hint: "the server's own service account lacks a right: its operator has to mend that" },
  NotFound: { exit: 'notFound' },
  NotReady: { hint: 'the server is starting or ending: repeat in a while' },
  TooManyRequests: { hint: 'the server is busy: repeat in a while' },
  Unauthenticated: {
    hint: `the token is not accepted (any more): a new one is made by "${tokenCommand}"`,
  },
  Unavailable: { hint: 'the server cannot ask its API server: repeat in a while' },
  UploadMismatch: { hint: 'it was changed on the way, or while it was sent: repeat' },
  UploadsFull: { exit: 'refused' },
  UploadsUnavailable: { hint: 'where the server has a disk for it: docs/guides/images.md' },
  UpstreamTimeout: { exit: 'timedOut', hint: 'the API server is slow: repeat in a while' },
};

const switchOn =
  'a server keeps history with METALWRIGHT_HISTORY=true and a METALWRIGHT_HISTORY_DIRECTORY or METALWRIGHT_DATABASE_URL; the chart with server.history.enabled=true';

/**
 * An answer other than 200, as a failure of the command.
 *
 * @param body undefined: no JSON
 * @param passes the answer says when to ask again
 */
export function problemError(url: string, status: number, body: unknown, passes: boolean): CliError {
  const code = stringMember(body, 'code');
  const detail = stringMember(body, 'detail');
  if (code === undefined || detail === undefined) {
    return new CliError(
      'failed',
      `${url} answers ${status}, and not as the REST API of Metalwright does`,
      'is the URL right, and nothing else (a proxy, a login page) before the server?',
    );
  }
  const fields = isRecord(body) && Array.isArray(body.errors) ? body.errors : [];
  const words = [detail, ...fields.map((field) => fieldOf(field))].join('\n');
  if (code === 'HistoryUnavailable') {
    return new CliError('failed', words, passes ? 'repeat in a while' : switchOn);
  }
  const { exit = 'failed', hint } = told[code] ?? {};
  const request = stringMember(body, 'requestId');
  const isTheirs = status >= 500 && request !== undefined;
  return new CliError(exit, words, hint ?? (isTheirs ? `the server's log has it as ${request}` : undefined));
}

function fieldOf(field: unknown): string {
  return `${stringMember(field, 'field') ?? ''}: ${stringMember(field, 'message') ?? ''}`;
}

/** Codes of Node for a certificate that is not trusted, or is for another name. */
const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/;

/** No answer came. */
export function unreachable(url: string, error: unknown): CliError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new CliError('timedOut', `${url} did not answer in time`, 'ask for less: --since, --limit');
  return new CliError(
    'failed',
    `${url} cannot be asked: ${messageOf(error) || code}`,
    tlsCodes.test(code)
      ? 'name the file with the authority of its certificate: --server-ca or METALWRIGHT_SERVER_CA'
      : 'is the server up, and the URL right?',
  );
}
