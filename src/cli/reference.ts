import type { CommandSpec } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { optionUsage, usageOf } from './help.ts';
import { globalOptions, optionsOf } from './options.ts';

/** docs/reference/cli.md, from the table of commands. */
export function renderReference(commands: readonly CommandSpec[]): string {
  const options = (specs: readonly Parameters<typeof optionUsage>[0][]): string =>
    specs.map((spec) => `| \`${optionUsage(spec)}\` | ${cell(spec.summary)} |`).join('\n');
  const sections = commands.map((command) => {
    const own = optionsOf(command).filter((option) => !globalOptions.includes(option));
    const examples = (command.examples ?? []).map(({ line, what }) => `# ${what}\nmw ${line}`).join('\n');
    return [
      `## mw ${command.path.join(' ')}`,
      `${command.summary}.${command.details === undefined ? '' : ` ${command.details}`}`,
      `\`mw ${usageOf(command)}\``,
      ...(own.length === 0 ? [] : [`| option | what |\n|---|---|\n${options(own)}`]),
      ...(examples === '' ? [] : [`\`\`\`sh\n${examples}\n\`\`\``]),
    ].join('\n\n');
  });
  return `${[
    '# Command line',
    'Generated from `src/cli/commands/table.ts`; do not edit. How to install it and how to begin: [the guide](../guides/cli.md).',
    `Every command takes:\n\n| option | what |\n|---|---|\n${options(globalOptions)}`,
    `## Exit codes\n\n| code | meaning |\n|---|---|\n${Object.values(exitCodes)
      .map(({ code, meaning }) => `| ${code} | ${meaning} |`)
      .join('\n')}`,
    ...sections,
  ].join('\n\n')}\n`;
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
