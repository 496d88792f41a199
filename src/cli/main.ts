import type { CommandSpec, Context } from './command.ts';
import { explain } from './errors.ts';
import type { Exit } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { paint, printable } from './output/style.ts';
import { parseCommandLine } from './parse.ts';

/** What the command line says about the API server to ask. */
export interface Where {
  kubeconfig: string | undefined;
  context: string | undefined;
}

/**
 * Carries a command line out. Whatever goes wrong is told on standard error, with what to do about it.
 *
 * @param contextFor makes what the command may touch, once it is known which API server is meant
 */
export async function main(
  words: readonly string[],
  commands: readonly CommandSpec[],
  contextFor: (where: Where) => Context,
): Promise<Exit> {
  let context = contextFor({ kubeconfig: undefined, context: undefined });
  try {
    if (words[0] === '__complete') return await complete(words.slice(1), commands, context);
    const parsed = parseCommandLine(words, commands);
    if (parsed.kind === 'Help') {
      context.terminal.out(renderHelp(parsed.path, commands));
      return 'ok';
    }
    const { invocation } = parsed;
    const value = (name: string): string | undefined => invocation.options.get(name)?.at(-1);
    context = contextFor({ kubeconfig: value('kubeconfig'), context: value('context') });
    const { run } = await invocation.command.load();
    return await run(invocation, context);
  } catch (error) {
    const { exit, message, hint } = explain(error);
    const { terminal } = context;
    if (exit === 'interrupted' && context.signal.aborted) return exit;
    const lines = message.split('\n').map(printable).join('\n');
    terminal.err(`${paint('error:', 'bad', terminal.colour)} ${lines}\n`);
    if (hint !== undefined) terminal.err(`${paint('hint:', 'faint', terminal.colour)} ${printable(hint)}\n`);
    return exit;
  }
}

async function complete(
  words: readonly string[],
  commands: readonly CommandSpec[],
  context: Context,
): Promise<Exit> {
  const { candidates } = await import('./completion/complete.ts');
  const found = await candidates(words, commands, context);
  context.terminal.out(found === undefined ? ':files\n' : found.map((word) => `${word}\n`).join(''));
  return 'ok';
}
