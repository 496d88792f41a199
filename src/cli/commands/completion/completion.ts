import { argument, type Run } from '../../command.ts';
import { completionScript, shells } from '../../completion/scripts.ts';
import { CliError } from '../../errors.ts';

/** Prints the completion script of a shell. */
export const run: Run = async (invocation, context) => {
  const shell = argument(invocation, 0);
  const script = completionScript(shell);
  if (script === undefined)
    throw new CliError('usage', `no completion for ${shell}`, `there is ${shells.join(', ')}`);
  context.terminal.out(script);
  return 'ok';
};
