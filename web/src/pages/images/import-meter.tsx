import type { BootImage } from '../../../../src/api/boot-image/schema.ts';
import { Meter } from '../../components/meter.tsx';
import { diskSize } from '../../format/size.ts';
import styles from './images.module.css';

type Progress = NonNullable<NonNullable<BootImage['status']>['progress']>;

/** How far an import is, as far as that is known: a server need not say how much there is. */
export function ImportMeter({ progress: { bytes, totalBytes, percent } }: { progress: Progress }) {
  const words =
    totalBytes === undefined ? `${diskSize(bytes)} so far` : `${diskSize(bytes)} of ${diskSize(totalBytes)}`;
  return (
    <span className={styles.progress}>
      {percent === undefined ? undefined : (
        <Meter
          label={`${percent} % imported`}
          parts={[{ share: percent / 100, tone: 'busy', title: words }]}
        />
      )}
      <small>
        {percent === undefined ? '' : `${percent} % · `}
        {words}
      </small>
    </span>
  );
}
