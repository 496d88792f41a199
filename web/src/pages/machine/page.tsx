import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { problemOf } from '../../api/problem.ts';
import { objectQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { PhaseBadge } from '../../components/phase-badge.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { type Tab, Tabs } from '../../components/tabs.tsx';
import { PowerCell } from '../machines/cells.tsx';
import { MachineActions } from './machine-actions.tsx';
import { SummaryTab } from './summary/summary-tab.tsx';

const TimelineTab = lazy(() => import('./timeline-tab.tsx'));
const NetworkTab = lazy(() => import('./network-tab.tsx'));
const StorageTab = lazy(() => import('./storage-tab.tsx'));
const InventoryTab = lazy(() => import('./inventory-tab.tsx'));
const EventsTab = lazy(() => import('./events-tab.tsx'));
const PowerTab = lazy(() => import('./power-tab.tsx'));
const ConsoleTab = lazy(() => import('./console/console-tab.tsx'));
const YamlTab = lazy(() => import('./yaml/yaml-tab.tsx'));

/** The parts of the page, in their order; all but the first are loaded when they are looked at. */
function tabsOf(machine: Machine): Tab[] {
  return [
    { id: 'summary', label: 'Summary', content: () => <SummaryTab machine={machine} /> },
    { id: 'timeline', label: 'Timeline', content: () => <TimelineTab machine={machine} /> },
    { id: 'network', label: 'Network', content: () => <NetworkTab machine={machine} /> },
    { id: 'storage', label: 'Storage', content: () => <StorageTab machine={machine} /> },
    { id: 'inventory', label: 'Inventory', content: () => <InventoryTab machine={machine} /> },
    { id: 'events', label: 'Events', content: () => <EventsTab machine={machine} /> },
    { id: 'power', label: 'Power & sensors', content: () => <PowerTab machine={machine} /> },
    { id: 'console', label: 'Console', content: () => <ConsoleTab machine={machine} /> },
    { id: 'yaml', label: 'YAML', content: () => <YamlTab machine={machine} /> },
  ];
}

export function MachinePage() {
  const { name } = useParams({ from: '/shell/machines/$name' });
  const { tab = 'summary' } = useSearch({ from: '/shell/machines/$name' });
  const navigate = useNavigate();
  useWatch('machines', 'machine-actions');
  const { data: machine, error, refetch } = useQuery(objectQuery('machines', name));
  if (error !== null && problemOf(error).code === 'NotFound') return <Gone name={name} />;
  const tabs = machine === undefined ? [] : tabsOf(machine);
  return (
    <>
      <PageHeader
        title={name}
        aside={machine && <State machine={machine} />}
        text={machine && <Subtitle machine={machine} />}
        actions={machine && <MachineActions machine={machine} />}
      />
      {error === null ? undefined : <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {machine === undefined ? (
        <Skeleton lines={10} label={`Loading ${name}`} />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <Tabs
            label={`Parts of ${name}`}
            tabs={tabs}
            value={tabs.some(({ id }) => id === tab) ? tab : 'summary'}
            onChange={(id) =>
              void navigate({
                to: '/machines/$name',
                params: { name },
                search: id === 'summary' ? {} : { tab: id },
                replace: true,
              })
            }
          />
        </Suspense>
      )}
    </>
  );
}

function State({ machine: { status } }: { machine: Machine }) {
  return (
    <>
      <PhaseBadge phase={status?.phase} />
      <PowerCell state={status?.powerState} />
    </>
  );
}

function Subtitle({ machine: { spec, status } }: { machine: Machine }) {
  const hardware = status?.hardware;
  const parts = [
    [hardware?.vendor, hardware?.product].filter((part) => part !== undefined).join(' '),
    hardware?.serial,
    spec.architecture,
    `pool ${spec.pool}`,
    `zone ${spec.zone}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

function Gone({ name }: { name: string }) {
  return (
    <Empty
      icon="machines"
      title={`There is no machine ${name}`}
      actions={<ButtonLink to="/machines">Machines</ButtonLink>}
    >
      It may have been deleted, or have another name.
    </Empty>
  );
}
