import type { Machine } from '../../../api/machine/schema.ts';

/** One line of the account of a boot. */
export interface BootLine {
  /** RFC 3339. */
  at: string;
  text: string;
}

const stages: Readonly<Record<string, string>> = {
  Dhcp: 'the firmware asks for an address',
  Loader: 'the boot loader is fetched',
  Kernel: 'the kernel and the initramfs are fetched',
  Network: 'the ephemeral OS has an address',
  Agent: 'the agent has opened its session',
  Restarting: 'the agent restarts the machine, or switches it off',
  Restarted: 'the firmware runs again',
  OsDhcp: 'the installed OS asks for an address',
  PhonedHome: 'the installed OS has phoned home',
  Finished: 'the installed OS has finished its first boot',
};

/** What a machine's status tells of its present boot, in order. Pure. */
export function bootLines({ status }: Machine): BootLine[] {
  const { bootProgress, power } = status ?? {};
  const { request, result } = power ?? {};
  const lines: BootLine[] = [];
  if (request !== undefined && request.id === result?.id)
    lines.push({ at: result.startedAt, text: `power: ${request.action}, by the rack ${result.rack}` });
  for (const { stage, at, rack, mac } of bootProgress?.seen ?? []) {
    const where = [rack === undefined ? [] : `rack ${rack}`, mac ?? []].flat().join(', ');
    lines.push({ at, text: `${stage}: ${stages[stage] ?? ''}${where === '' ? '' : ` (${where})`}` });
  }
  lines.push(...agentLines(status));
  return lines.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function agentLines(status: Machine['status']): BootLine[] {
  const { task, taskResult } = status ?? {};
  if (taskResult === undefined || taskResult.id !== task?.id) return [];
  const { outcome, percent, message, reason, updatedAt, steps = [] } = taskResult;
  const share = percent === undefined || outcome !== 'Running' ? '' : ` ${percent} %`;
  const why = reason === undefined ? '' : ` (${reason})`;
  const said = message === undefined ? '' : `: ${message}`;
  return [
    ...steps.map(({ step, at }) => ({ at, text: `agent: ${step}` })),
    { at: updatedAt, text: `agent: ${outcome}${why}${share}${said}` },
  ];
}

/** As a terminal shows them: control characters of what machines say are not passed on. */
export function printed({ at, text }: BootLine): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
  return `${at.slice(0, 19).replace('T', ' ')}  ${clean}\r\n`;
}
