import { classes } from '../../components/classes.ts';
import { shortCount } from '../networks/use.ts';
import { pictureOf, totalsOf, type Use, wordsForUse } from './picture.ts';
import type { Lease, SubnetMap } from './queries.ts';
import styles from './subnet.module.css';

/** Side of a square, in units of the picture. */
const side = 10;

/** A square for each address of a subnet, coloured by its use; what it says stands below it in words. */
export function UsePicture({ map, leases }: { map: SubnetMap; leases: readonly Lease[] }) {
  const picture = pictureOf(map.cidr, map.segments, leases);
  const totals = totalsOf(map.segments);
  const leased = picture?.runs.filter(({ use }) => use === 'Leased').length ?? 0;
  const shown: [Use, string][] = leased === 0 ? totals : [...totals, ['Leased', String(leased)]];
  const sentence = shown.map(([use, count]) => `${shortCount(count)} ${wordsForUse(use)}`).join(', ');
  return (
    <>
      {picture === undefined ? (
        <p className={styles.quiet}>It has too many addresses for a picture of them.</p>
      ) : (
        <svg
          className={classes(styles.picture, picture.columns > 32 && styles.large)}
          viewBox={`0 0 ${picture.columns * side} ${picture.rows * side}`}
          role="img"
          aria-label={`Addresses of ${map.cidr}: ${sentence}`}
        >
          {picture.runs.map(({ row, column, length, use, title }) => (
            <rect
              key={`${row} ${column}`}
              className={classes(styles.run, styles[use])}
              x={column * side}
              y={row * side}
              width={length * side}
              height={side}
            >
              <title>{title}</title>
            </rect>
          ))}
          <path
            className={styles.lines}
            pointerEvents="none"
            d={Array.from(
              { length: picture.columns - 1 },
              (_, at) => `M${(at + 1) * side} 0V${picture.rows * side}`,
            ).join('')}
          />
        </svg>
      )}
      <ul className={styles.legend}>
        {shown.map(([use, count]) => (
          <li key={use}>
            <span className={classes(styles.swatch, styles[use])} aria-hidden="true" />
            {wordsForUse(use)} <span className={styles.count}>{shortCount(count)}</span>
          </li>
        ))}
      </ul>
      {map.next === undefined ? undefined : (
        <p className={styles.quiet}>What follows {map.next} is left out: there is too much of it.</p>
      )}
    </>
  );
}
