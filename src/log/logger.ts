import { type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { redact, redactText } from './redact.ts';

/** What the code needs of a logger; pino's own loggers satisfy it. Fields first, then the sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** Where lines go. */
export interface LogDestination {
  write(line: string): void;
}

/** JSON lines, without secrets: see `redact`. @param destination default: standard output */
export function createLogger(program: string, level: string, destination?: LogDestination): Logger {
  // Errors come as `redact` has made them.
  const serializers = { err: (value: unknown) => value };
  const options = { base: { program }, level, serializers, timestamp: stdTimeFunctions.isoTime };
  return guarded(destination === undefined ? pino(options) : pino(options, destination));
}

function guarded(logger: PinoLogger): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](redact(fields), redactText(message));
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => guarded(logger.child(Object.assign({}, redact(fields)))),
  };
}

/** Says nothing: for tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
