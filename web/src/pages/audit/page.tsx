import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Noun } from '../../api/resources.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Empty } from '../../components/empty.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import type { Column } from '../../components/table.tsx';
import styles from '../history/history.module.css';
import { HistoryList, Moment } from '../history/history-list.tsx';
import { ObjectLink } from '../history/object-link.tsx';
import { PeriodFields } from '../history/period-fields.tsx';
import { type AuditItem, auditQuery } from '../history/queries.ts';
import { useFilters } from '../history/use-filters.ts';
import { aboutOf, deedOf, fromWords } from '../history/words.ts';

/** What people write most; others may stand in the address. */
const nouns = [
  ...['machines', 'machine-actions', 'allocations', 'images', 'subnets', 'ip-addresses', 'vlans'],
  ...['fabrics', 'spaces', 'pools', 'zones', 'tags', 'allocation-quotas', 'approval-policies', 'chassis'],
] satisfies readonly string[] as readonly Noun[];

const columns: readonly Column<AuditItem>[] = [
  { id: 'at', title: 'When', cell: ({ at }) => <Moment at={at} /> },
  { id: 'user', title: 'Who', cell: ({ user }) => user },
  {
    id: 'deed',
    title: 'Did',
    cell: (item) => (
      <>
        {deedOf(item)}
        {aboutOf(item) === undefined ? undefined : <span className={styles.quiet}>{aboutOf(item)}</span>}
      </>
    ),
  },
  {
    id: 'object',
    title: 'What',
    cell: ({ resource, namespace, name }) => (
      <>
        <ObjectLink kind={resource} namespace={namespace} name={name} />
        {name === undefined ? undefined : <span className={styles.quiet}>{resource}</span>}
      </>
    ),
  },
  {
    id: 'outcome',
    title: 'Outcome',
    cell: ({ outcome, message, requestId }) => (
      <>
        <Badge tone={outcome === 'Done' ? 'ok' : 'bad'}>{outcome}</Badge>
        {message === undefined ? undefined : <span className={styles.quiet}>{message}</span>}
        {outcome === 'Done' ? undefined : <span className={styles.quiet}>Request {requestId}</span>}
      </>
    ),
  },
  { id: 'from', title: 'From', cell: ({ details }) => fromWords(details?.from) },
];

/** Who wrote what, when and from where. */
export function AuditPage() {
  const search = useSearch({ from: '/shell/audit' });
  const { settled, stretch, change, again } = useFilters(search);
  const { user, resource, name } = settled;
  const pages = useInfiniteQuery(auditQuery({ user, resource, name, ...stretch }));
  const resourceNow = search.resource ?? '';
  const offered =
    nouns.some((noun) => noun === resourceNow) || resourceNow === '' ? nouns : [...nouns, resourceNow];
  return (
    <>
      <PageHeader
        title="Audit"
        text="Every write through this page, the API and mw"
        actions={
          <Button icon="refresh" onClick={again}>
            Up to now
          </Button>
        }
      />
      <search className={styles.filters}>
        <TextField
          label="User"
          hint="The whole name"
          value={search.user ?? ''}
          autoComplete="off"
          spellCheck={false}
          maxLength={253}
          onChange={({ target }) => change({ user: target.value })}
        />
        <SelectField
          label="Resource"
          value={resourceNow}
          onChange={({ target }) => change({ resource: target.value })}
        >
          <option value="">All resources</option>
          {offered.map((noun) => (
            <option key={noun} value={noun}>
              {noun}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Name"
          hint="Of the object, whole"
          value={search.name ?? ''}
          autoComplete="off"
          spellCheck={false}
          maxLength={253}
          onChange={({ target }) => change({ name: target.value })}
        />
        <PeriodFields search={search} onChange={change} />
      </search>
      <HistoryList
        label="Audit"
        pages={pages}
        columns={columns}
        nothing={
          <Empty icon="audit" title="Nothing was written">
            Nobody wrote anything of the kind in that time. Writes of <code>kubectl</code> and Git are in the
            audit log of Kubernetes.
          </Empty>
        }
      />
    </>
  );
}
