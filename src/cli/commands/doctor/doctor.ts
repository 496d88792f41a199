import type { Run } from '../../command.ts';
import { checks } from '../../doctor/checks.ts';
import { lookAround } from '../../doctor/world.ts';
import { explain } from '../../errors.ts';
import { paint, printable } from '../../output/style.ts';

/** So many findings of a check are shown; the rest is counted. */
const mostShown = 10;

/** Examines everything, and says how to mend what is wrong. */
export const run: Run = async (_invocation, context) => {
  const { terminal } = context;
  const sign = (word: string, tone: 'good' | 'bad' | 'busy'): string =>
    paint(word.padEnd(8), tone, terminal.colour);
  let problems = 0;
  const cluster = await context.cluster();
  const looked = await lookAround(cluster, context.now()).catch((error: unknown) => explain(error));
  if ('exit' in looked) {
    terminal.out(`${sign('problem', 'bad')} API server: ${printable(looked.message)}\n`);
    if (looked.hint !== undefined) terminal.out(`${' '.repeat(9)}mend: ${looked.hint}\n`);
    terminal.out(`${' '.repeat(9)}asked: ${cluster.server}, context ${cluster.context}\n`);
    return 'failed';
  }
  terminal.out(`${sign('ok', 'good')} API server: ${cluster.server} answers, context ${cluster.context}\n`);
  for (const check of checks) {
    const found = check.find(looked);
    if (found.length === 0) terminal.out(`${sign('ok', 'good')} ${check.title}: ${check.right(looked)}\n`);
    for (const { level, what, mend } of found.slice(0, mostShown)) {
      const tone = level === 'Problem' ? 'bad' : 'busy';
      terminal.out(`${sign(level.toLowerCase(), tone)} ${check.title}: ${printable(what)}\n`);
      terminal.out(`${' '.repeat(9)}mend: ${printable(mend)}\n`);
    }
    if (found.length > mostShown) terminal.out(`${' '.repeat(9)}and ${found.length - mostShown} more\n`);
    problems += found.filter(({ level }) => level === 'Problem').length;
  }
  return problems === 0 ? 'ok' : 'failed';
};
