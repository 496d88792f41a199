import { useInfiniteQuery } from '@tanstack/react-query';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Empty } from '../../../components/empty.tsx';
import { SelectField } from '../../../components/field.tsx';
import { ProblemNotice } from '../../../components/problem-notice.tsx';
import { SearchBox } from '../../../components/search-box.tsx';
import { Skeleton } from '../../../components/skeleton.tsx';
import { useDebounced } from '../../../hooks/use-debounced.ts';
import { NoHistory } from '../../history/history-list.tsx';
import { keepsNone } from '../../history/queries.ts';
import styles from './console.module.css';
import { daysOf, type Period, periodOf, periods, type RecordedLine, recordedQuery } from './recorded.ts';

/** How long nothing is typed before the server is asked, in milliseconds. */
const restMs = 350;

/** What the machine said on its serial console while Metalwright booted it, as history keeps it. */
export function RecordedConsole({ name }: { name: string }) {
  const [period, setPeriod] = useState<Period>('a day');
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState(0);
  const text = useDebounced(typed.trim(), restMs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again, time has gone on
  const since = useMemo(
    () => new Date(Date.now() - periods[period] * 3_600_000).toISOString(),
    [period, asked],
  );
  const pages = useInfiniteQuery(recordedQuery(name, text, since));
  const { data, error } = pages;
  const lines = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className={styles.console} aria-label={`What ${name} said`} aria-busy={pages.isPlaceholderData}>
      <div className={styles.filters}>
        <SearchBox
          label="Only lines with"
          placeholder="Only lines with …"
          value={typed}
          onChange={setTyped}
        />
        <SelectField
          label="How far back"
          value={period}
          onChange={({ target }) => setPeriod(periodOf(target.value))}
        >
          {Object.keys(periods).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </SelectField>
        <Button icon="refresh" busy={pages.isFetching} onClick={() => setAsked(asked + 1)}>
          Up to now
        </Button>
      </div>
      {error !== null ? (
        keepsNone(error) ? (
          <NoHistory />
        ) : (
          <ProblemNotice error={error} onRetry={() => void pages.refetch()} />
        )
      ) : data === undefined ? (
        <Skeleton lines={12} label="Asking for what it said" />
      ) : lines.length === 0 ? (
        <Empty
          icon="info"
          title={text === '' ? 'Nothing is kept of this time' : `No line has “${text}” in it`}
        >
          Racks listen to serial consoles while Metalwright boots a machine: while it is commissioned, tested,
          deployed, erased or rescued. What an installed machine says is not kept.
        </Empty>
      ) : (
        <>
          {pages.hasNextPage ? (
            <p>
              <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                Show older
              </Button>
            </p>
          ) : undefined}
          <Lines lines={lines} />
        </>
      )}
    </section>
  );
}

/** The newest line stands at the lower end; where one reads stays when older ones come. */
function Lines({ lines }: { lines: readonly RecordedLine[] }) {
  const box = useRef<HTMLElement>(null);
  const before = useRef(0);
  const oldest = lines.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: there are others then
  useLayoutEffect(() => {
    if (box.current === null) return;
    const { scrollHeight } = box.current;
    box.current.scrollTop += scrollHeight - before.current;
    before.current = scrollHeight;
  }, [oldest, lines.length]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section ref={box} className={styles.log} aria-label="Lines, the oldest first" tabIndex={0}>
      {daysOf(lines).map(({ day, lines: ofDay }) => (
        <div key={day}>
          <h3 className={styles.day}>{day}</h3>
          <ol className={styles.lines}>
            {ofDay.map(({ id, at, time, text }) => (
              <li key={id} className={styles.line}>
                <time dateTime={at}>{time}</time>
                <span>{text}</span>
              </li>
            ))}
          </ol>
        </div>
      ))}
    </section>
  );
}
