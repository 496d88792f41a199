import { Link } from '@tanstack/react-router';
import { phaseTable } from '../../../../src/domain/lifecycle/phases.ts';
import type { Overview } from '../../api/overview.ts';
import { ButtonLink } from '../../components/button-link.tsx';
import { Card } from '../../components/card.tsx';
import { Meter } from '../../components/meter.tsx';
import { PhaseBadge } from '../../components/phase-badge.tsx';
import { phaseTone, phaseWords } from '../../format/phase.ts';
import styles from './overview.module.css';

/** How many machines there are in each phase; each is a way to those. */
export function PhasesCard({ machines }: { machines: NonNullable<Overview['machines']> }) {
  const { total, byPhase } = machines;
  const shown = phaseTable.filter(({ phase }) => (byPhase[phase] ?? 0) > 0);
  return (
    <div className={styles.wide}>
      <Card
        title="Machines by phase"
        actions={
          <ButtonLink to="/machines" look="plain" icon="machines">
            All {total}
          </ButtonLink>
        }
      >
        <Meter
          label={shown.map(({ phase }) => `${phaseWords(phase)} ${byPhase[phase]}`).join(', ')}
          parts={shown.map(({ phase }) => ({
            share: (byPhase[phase] ?? 0) / Math.max(1, total),
            tone: phaseTone(phase),
            title: `${phaseWords(phase)}: ${byPhase[phase]}`,
          }))}
        />
        <ul className={styles.phases}>
          {shown.map(({ phase }) => (
            <li key={phase}>
              <Link to="/machines" search={{ filter: `phase:${phase}` }}>
                <PhaseBadge phase={phase} /> <span className={styles.count}>{byPhase[phase]}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
