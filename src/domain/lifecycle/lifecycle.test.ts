import { describe, expect, it } from 'vitest';
import { actionRules } from './actions.ts';
import { failureMessage, failureTable } from './failures.ts';
import { failedPhaseOf, type Phase, phaseTable } from './phases.ts';
import { mayMove, transitions } from './transitions.ts';

const phases = phaseTable.map(({ phase }) => phase);

function reachable(from: Phase | undefined): Set<Phase> {
  const seen = new Set<Phase>();
  const next = [from];
  for (const phase of next) {
    for (const way of transitions) {
      if (way.from !== phase || seen.has(way.to)) continue;
      seen.add(way.to);
      next.push(way.to);
    }
  }
  return seen;
}

describe('the transition table', () => {
  it('reaches every phase from nothing', () => {
    expect([...reachable(undefined)].sort()).toEqual([...phases].sort());
  });

  it.each(phases)('leads from %s back to Ready, so that no machine is lost for good', (phase) => {
    expect(reachable(phase).has('Ready')).toBe(true);
  });

  it('has every way once for each mover', () => {
    const keys = transitions.map(({ from, to, by }) => `${from} ${to} ${by}`);
    expect(keys).toEqual([...new Set(keys)]);
  });

  it.each(Object.entries(failedPhaseOf))('lets %s fail as %s', (from, to) => {
    expect(phases.some((phase) => phase === from && mayMove(phase, to))).toBe(true);
  });

  it.each(['Deployed', 'Deploying', 'Allocated', 'DeploymentFailed'] as const)(
    'lets a machine leave %s for the pool only by way of Releasing or Broken',
    (phase) => {
      const ways = transitions.filter(({ from }) => from === phase).map(({ to }) => to);
      expect(ways).not.toContain('Ready');
      expect(ways).not.toContain('New');
      expect(ways).toContain('Releasing');
    },
  );

  it('lets failed phases be left by an Allocation or a MachineAction alone', () => {
    for (const phase of [
      'CommissioningFailed',
      'DeploymentFailed',
      'ReleaseFailed',
      'EraseFailed',
    ] as const) {
      const movers = transitions.filter(({ from }) => from === phase).map(({ by }) => by);
      expect(movers).not.toContain('Metalwright');
    }
  });

  it('refuses what it does not have', () => {
    expect(mayMove('Deployed', 'Commissioning')).toBe(false);
    expect(mayMove('Deployed', 'Deployed')).toBe(true);
    expect(mayMove(undefined, 'Ready')).toBe(false);
  });
});

describe('the table of actions', () => {
  it('allows in a phase only what the transitions know', () => {
    const targets = { Commission: 'Commissioning', MarkBroken: 'Broken', Release: 'Releasing' } as const;
    for (const [action, to] of Object.entries(targets)) {
      for (const from of actionRules[action as keyof typeof targets].from) {
        expect(mayMove(from, to), `${action} from ${from}`).toBe(true);
      }
    }
  });
});

describe('failure messages', () => {
  it.each(Object.keys(failureTable))('says for %s what was expected, seen and what to try', (reason) => {
    const message = failureMessage('Installing', reason, 'nothing at all.');
    expect(message).toMatch(/^Installing failed\. Expected: .+\. Seen: nothing at all\. To try: .+\.$/);
  });

  it('copes with a reason that it does not know', () => {
    expect(failureMessage('Erasing', 'constructor', 'smoke')).toContain(
      'Seen: smoke. To try: look at the console',
    );
  });

  it('keeps the advice when what was seen is endless', () => {
    const message = failureMessage('Installing', 'NoDhcp', 'x'.repeat(5000));
    expect(message.length).toBe(2048);
    expect(message).toMatch(/To try: check that it boots/);
  });
});
