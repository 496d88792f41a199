import { pino } from 'pino';

/** What the code needs of a logger; pino's own loggers satisfy it. Fields first, then the sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** JSON lines on standard output, secrets redacted by path. */
export function createLogger(program: string, level: string): Logger {
  return pino({
    base: { program },
    level,
    redact: {
      paths: ['*.password', '*.token', '*.sessionKey', '*.authorization', 'password', 'token', 'sessionKey'],
      censor: '[redacted]',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

/** Says nothing: for tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
