import { Button } from '../../../components/button.tsx';
import { Diff } from '../../../components/diff.tsx';
import { Icon } from '../../../components/icon.tsx';
import styles from './yaml-tab.module.css';

/** Says that another has changed the machine since editing began, and what. What was typed stays in the editor below. */
export function ConflictNotice({
  base,
  theirs,
  onTake,
}: {
  base: string;
  theirs: string;
  onTake(theirs: string): void;
}) {
  return (
    <section className={styles.conflict} role="alert">
      <p className={styles.conflictTitle}>
        <Icon name="warning" /> Another has changed the machine since you began
      </p>
      <p>What you typed is kept below. This is what they changed:</p>
      <Diff label="What they changed" before={base} after={theirs} />
      <p>
        Take it into your text where you want to keep it. What you leave out is taken back when you apply.
      </p>
      <Button onClick={() => onTake(theirs)}>Go on from their version</Button>
    </section>
  );
}
