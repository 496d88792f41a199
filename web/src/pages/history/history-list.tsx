import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { type Column, Table } from '../../components/table.tsx';
import styles from './history.module.css';
import { keepsNone } from './queries.ts';

/** As much of an infinite query as a list needs. */
export interface HistoryPages<T> {
  data: { pages: readonly { items: readonly T[] }[] } | undefined;
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isPlaceholderData: boolean;
  refetch(): unknown;
  fetchNextPage(): unknown;
}

/** A list of history with its pages, or why there is none. */
export function HistoryList<T extends { id: string }>({
  label,
  pages,
  columns,
  nothing,
}: {
  label: string;
  pages: HistoryPages<T>;
  columns: readonly Column<T>[];
  /** Shown when the list is empty. */
  nothing: ReactNode;
}) {
  const { data, error, hasNextPage, isFetchingNextPage, isPlaceholderData } = pages;
  if (error !== null) {
    return keepsNone(error) ? (
      <NoHistory />
    ) : (
      <ProblemNotice error={error} onRetry={() => void pages.refetch()} />
    );
  }
  if (data === undefined) return <Skeleton lines={6} label="Asking for the history" />;
  const items = data.pages.flatMap((page) => page.items);
  return (
    <div aria-busy={isPlaceholderData}>
      <Card flush>
        {items.length === 0 ? (
          nothing
        ) : (
          <Table label={label} columns={columns} rows={items} keyOf={({ id }) => id} />
        )}
        {hasNextPage ? (
          <p className={styles.more}>
            <Button busy={isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              Show older
            </Button>
          </p>
        ) : undefined}
      </Card>
    </div>
  );
}

/** That the server keeps none. */
export function NoHistory() {
  return (
    <Card>
      <Empty icon="info" title="This server keeps no history">
        Whoever runs it switches it on: <code>METALWRIGHT_HISTORY=true</code>, or{' '}
        <code>server.history.enabled</code> of the chart. What happens from then on is found here.
      </Empty>
    </Card>
  );
}

/** A moment as the clock on the wall shows it. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString()}</time>;
}
