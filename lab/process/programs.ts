import { findProgram, type LabEnvironment } from '../environment.ts';
import { labError } from '../errors.ts';

/** The absolute path of a program. Throws `ToolMissing` with what to run when it is not there. */
export function requireProgram(name: string, environment: LabEnvironment): string {
  const path = findProgram(name, environment);
  if (path === undefined) {
    throw labError('ToolMissing', `${name} was not found; run ./dev setup, which installs or builds it`);
  }
  return path;
}
