import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Subnet } from '../../../../src/api/subnet/schema.ts';
import { problemOf } from '../../api/problem.ts';
import { objectQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Card } from '../../components/card.tsx';
import { ReadyBadge } from '../../components/conditions.tsx';
import { Empty } from '../../components/empty.tsx';
import { Facts } from '../../components/facts.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { durationOf } from '../../format/time.ts';
import { AddressesCard } from './addresses-card.tsx';
import { LeasesCard } from './leases-card.tsx';
import { leasesQuery, mapQuery } from './queries.ts';
import styles from './subnet.module.css';
import { UsePicture } from './use-picture.tsx';

/** One subnet: how its addresses are used, who has them, and its settings. */
export function SubnetPage() {
  const { name } = useParams({ from: '/shell/networks/subnets/$name' });
  useWatch('subnets', 'ip-addresses', 'racks');
  const { data: subnet, error, refetch } = useQuery(objectQuery('subnets', name));
  if (error !== null && problemOf(error).code === 'NotFound') return <Gone name={name} />;
  return (
    <>
      <PageHeader
        title={name}
        aside={subnet?.status?.conditions && <ReadyBadge conditions={subnet.status.conditions} />}
        text={subnet && <Subtitle subnet={subnet} />}
      />
      {error === null ? undefined : <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {subnet === undefined ? (
        error === null && <Skeleton lines={8} />
      ) : (
        <div className={styles.page}>
          <Use subnet={subnet} />
          <Card title="Settings">
            <Facts of={settingsOf(subnet)} />
          </Card>
        </div>
      )}
    </>
  );
}

function Use({ subnet: { metadata, spec } }: { subnet: Subnet }) {
  const { name } = metadata;
  const map = useQuery(mapQuery(name));
  const hasLeases = spec.ranges.dynamic.length > 0;
  const leases = useQuery({ ...leasesQuery(name), enabled: hasLeases });
  return (
    <>
      <Card title="Use of its addresses">
        {map.data !== undefined ? (
          <UsePicture map={map.data} leases={leases.data?.items ?? []} />
        ) : map.error === null ? (
          <Skeleton lines={5} />
        ) : (
          <ProblemNotice error={map.error} onRetry={() => void map.refetch()} />
        )}
      </Card>
      {map.data === undefined ? undefined : <AddressesCard subnet={name} segments={map.data.segments} />}
      {hasLeases ? <LeasesCard leases={leases.data} error={leases.error} /> : undefined}
    </>
  );
}

function Subtitle({ subnet: { spec } }: { subnet: Subnet }) {
  return (
    <>
      <code>{spec.cidr}</code> · VLAN {spec.vlan}
      {spec.description === undefined ? '' : ` · ${spec.description}`}
    </>
  );
}

function settingsOf({ spec, status }: Subnet) {
  const ranges = (of: { start: string; end: string; comment?: string | undefined }[]) =>
    of.map(({ start, end, comment }) => (
      <div key={start}>
        <code>
          {start} – {end}
        </code>{' '}
        {comment}
      </div>
    ));
  return {
    Gateway: spec.gateway,
    'Name servers': spec.dnsServers.join(', '),
    'Time servers': spec.ntpServers.join(', '),
    Domain: spec.domainName,
    'Dynamic ranges': ranges(spec.ranges.dynamic),
    'Reserved ranges': ranges(spec.ranges.reserved),
    'Addresses for machines': spec.managed ? 'given by Metalwright' : 'given by others',
    'Leases last': durationOf(spec.leaseSeconds),
    'Boot over it': spec.bootDisabled ? 'switched off' : 'yes',
    Leased: status?.dynamic?.summary,
  };
}

function Gone({ name }: { name: string }) {
  return (
    <Empty
      icon="networks"
      title={`There is no subnet ${name}`}
      actions={<ButtonLink to="/networks">Networks</ButtonLink>}
    >
      It may have been deleted, or have another name.
    </Empty>
  );
}
