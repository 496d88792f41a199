import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { TextField } from '../../components/field.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { Column } from '../../components/table.tsx';
import { wordsOf } from '../../format/phase.ts';
import styles from '../history/history.module.css';
import { HistoryList, Moment } from '../history/history-list.tsx';
import { ObjectLink } from '../history/object-link.tsx';
import { PeriodFields } from '../history/period-fields.tsx';
import { type FoundItem, searchQuery } from '../history/queries.ts';
import { useFilters } from '../history/use-filters.ts';
import { canSearch, piecesOf } from '../history/words.ts';

/** As the API takes it. */
const longest = 200;

function columnsFor(query: string): readonly Column<FoundItem>[] {
  return [
    { id: 'at', title: 'When', cell: ({ at }) => <Moment at={at} /> },
    {
      id: 'subject',
      title: 'Where',
      cell: ({ subject }) => <ObjectLink {...subject} />,
    },
    {
      id: 'what',
      title: 'What',
      cell: ({ kind, reason, severity }) => (
        <>
          <Badge tone={severity === 'Warning' ? 'warn' : 'quiet'}>{wordsOf(reason)}</Badge>
          <span className={styles.quiet}>
            {kind}
            {severity === 'Warning' ? ', a warning' : ''}
          </span>
        </>
      ),
    },
    {
      id: 'message',
      title: 'Words',
      cell: ({ message, count }) => (
        <>
          <Marked text={message} query={query} />
          {count === undefined || count < 2 ? undefined : <span className={styles.quiet}>{count} times</span>}
        </>
      ),
    },
  ];
}

function Marked({ text, query }: { text: string; query: string }) {
  let at = 0;
  return piecesOf(text, query).map(({ text: piece, found }) => {
    const key = at;
    at += piece.length;
    return found ? (
      <mark key={key} className={styles.mark}>
        {piece}
      </mark>
    ) : (
      <span key={key}>{piece}</span>
    );
  });
}

/** Finds words in events, phases, actions, results and what those printed. */
export function SearchPage() {
  const search = useSearch({ from: '/shell/search' });
  const { settled, stretch, change, again } = useFilters(search);
  const query = settled.q ?? '';
  const asks = canSearch(query);
  const pages = useInfiniteQuery({ ...searchQuery({ q: query, ...stretch }), enabled: asks });
  return (
    <>
      <PageHeader
        title="Search"
        text="Events, phases, actions, and results of tests with what they printed"
        actions={
          asks ? (
            <Button icon="refresh" onClick={again}>
              Up to now
            </Button>
          ) : undefined
        }
      />
      <search className={styles.filters}>
        <div className={styles.wide}>
          <TextField
            label="Words"
            hint="All of them must be there; each may be the beginning of one"
            type="search"
            value={search.q ?? ''}
            autoComplete="off"
            spellCheck={false}
            maxLength={longest}
            onChange={({ target }) => change({ q: target.value })}
          />
        </div>
        <PeriodFields search={search} onChange={change} />
      </search>
      {asks ? (
        <HistoryList
          label="What was found"
          pages={pages}
          columns={columnsFor(query)}
          nothing={
            <Empty icon="search" title={`Nothing has “${query}” in it`}>
              Try fewer words, the beginning of one, or a longer time.
            </Empty>
          }
        />
      ) : (
        <Card>
          <Empty icon="search" title="What are you looking for?">
            A reason, a serial number, a line that a test printed: what happened to whatever you may see is
            found here.
          </Empty>
        </Card>
      )}
    </>
  );
}
