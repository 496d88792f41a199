import { useQuery } from '@tanstack/react-query';
import { phaseTable } from '../../../../src/domain/lifecycle/phases.ts';
import { countsQuery } from '../../api/queries.ts';
import { classes } from '../../components/classes.ts';
import { phaseTone, phaseWords } from '../../format/phase.ts';
import { termOf, withTerm } from './filter.ts';
import styles from './phase-bar.module.css';

/** How many machines there are in each phase; a click shows those alone. */
export function PhaseBar({ filter, onFilter }: { filter: string; onFilter(filter: string): void }) {
  const counts = useQuery(countsQuery);
  const chosen = termOf(filter, 'phase');
  const byPhase = counts.data?.machines.byPhase ?? {};
  const shown = phaseTable.filter(({ phase }) => (byPhase[phase] ?? 0) > 0 || phase === chosen);
  return (
    <fieldset className={styles.bar}>
      <legend className="visually-hidden">Phase</legend>
      <button
        type="button"
        className={styles.chip}
        aria-pressed={chosen === undefined}
        onClick={() => onFilter(withTerm(filter, 'phase', undefined))}
      >
        All <span className={styles.count}>{counts.data?.machines.total ?? ''}</span>
      </button>
      {shown.map(({ phase, meaning }) => (
        <button
          key={phase}
          type="button"
          title={meaning}
          className={classes(styles.chip, styles[phaseTone(phase)])}
          aria-pressed={chosen === phase}
          onClick={() => onFilter(withTerm(filter, 'phase', chosen === phase ? undefined : phase))}
        >
          <span className={styles.dot} aria-hidden="true" />
          {phaseWords(phase)} <span className={styles.count}>{byPhase[phase] ?? 0}</span>
        </button>
      ))}
    </fieldset>
  );
}
