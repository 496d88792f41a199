import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { BulkBar } from '../../actions/bulk-bar.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Empty } from '../../components/empty.tsx';
import { useNotifyProblem } from '../../components/notices.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { parseTexts, useStored } from '../../hooks/use-stored.ts';
import { defaultColumns } from './columns.tsx';
import { MachineList } from './machine-list.tsx';
import { PhaseBar } from './phase-bar.tsx';
import { Toolbar } from './toolbar.tsx';
import { allNames, useMachines } from './use-machines.ts';
import { readView, type View, writeView } from './view.ts';

export function MachinesPage() {
  const view = readView(useSearch({ from: '/shell/machines' }));
  const navigate = useNavigate();
  const [columns, setColumns] = useStored('machines.columns', [...defaultColumns], parseTexts);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const { query, machines, total } = useMachines(view);
  const selectAll = useMutation({
    mutationFn: () => allNames(view),
    onSuccess: setSelected,
    onError: useNotifyProblem(),
  });
  const change = (part: Partial<View>): void => {
    void navigate({ to: '/machines', search: writeView({ ...view, ...part }), replace: true });
  };

  return (
    <>
      <PageHeader title="Machines" aside={<Total loading={query.isPending} total={total} />} />
      <PhaseBar filter={view.filter} onFilter={(filter) => change({ filter })} />
      <Toolbar view={view} onChange={change} columns={columns} onColumns={setColumns} />
      {query.error === null ? undefined : (
        <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending ? <Skeleton lines={14} label="Loading machines" /> : undefined}
      {query.isSuccess && machines.length === 0 ? (
        <NoMachines isFiltered={view.filter !== ''} onClear={() => change({ filter: '' })} />
      ) : undefined}
      {machines.length === 0 ? undefined : (
        <MachineList
          view={view}
          onSort={(sort) => change({ sort })}
          columns={columns}
          machines={machines}
          total={total}
          selected={selected}
          onSelect={setSelected}
          hasMore={query.hasNextPage}
          onMore={() => {
            if (query.isFetchingNextPage) return;
            // Another page ends what was being asked for anew: that is done again.
            const again = query.isRefetching;
            void query.fetchNextPage().then(() => {
              if (again) void query.refetch();
            });
          }}
        />
      )}
      <BulkBar
        selected={selected}
        known={machines}
        total={total}
        onSelectAll={() => selectAll.mutate()}
        isSelectingAll={selectAll.isPending}
        onClear={() => setSelected([])}
      />
    </>
  );
}

function Total({ loading, total }: { loading: boolean; total: number }) {
  return <span aria-live="polite">{loading ? '' : total.toLocaleString('en')}</span>;
}

function NoMachines({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <Empty icon="filter" title="No machine fits the filter" actions={<ClearFilter onClear={onClear} />}>
        Words look in names, addresses, hardware and labels; <code>phase:Ready</code> or{' '}
        <code>spec.bmc.driver:redfish</code> look at one field.
      </Empty>
    );
  }
  return (
    <Empty icon="machines" title="There are no machines yet">
      Switch a machine on in a network that a rack serves: it boots from there and enlists itself. Or write a
      Machine with the address of its BMC: <code>mw machine add</code>, <code>kubectl apply</code>.
    </Empty>
  );
}

function ClearFilter({ onClear }: { onClear: () => void }) {
  return (
    <ButtonLink to="/machines" search={{}} onClick={onClear}>
      Clear the filter
    </ButtonLink>
  );
}
