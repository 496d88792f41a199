import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Subnet } from '../../../../src/api/subnet/schema.ts';
import { allQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { ReadyBadge } from '../../components/conditions.tsx';
import { Empty } from '../../components/empty.tsx';
import { Meter } from '../../components/meter.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import styles from './networks.module.css';
import { type FabricBranch, treeOf, type VlanBranch } from './tree.ts';
import { dhcpWords, partsOfUse, shortCount } from './use.ts';

/** All networks: fabrics, the VLANs of each, and their subnets with how full they are. */
export function NetworksPage() {
  useWatch('fabrics', 'vlans', 'subnets');
  const fabrics = useQuery(allQuery('fabrics'));
  const vlans = useQuery(allQuery('vlans'));
  const subnets = useQuery(allQuery('subnets'));
  const failed = [fabrics, vlans, subnets].find(({ error }) => error !== null);
  const tree =
    fabrics.data && vlans.data && subnets.data ? treeOf(fabrics.data, vlans.data, subnets.data) : undefined;
  return (
    <>
      <PageHeader
        title="Networks"
        text={
          tree &&
          `${fabrics.data?.length} fabrics · ${vlans.data?.length} VLANs · ${subnets.data?.length} subnets`
        }
      />
      {failed !== undefined ? (
        <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />
      ) : tree === undefined ? (
        <Skeleton lines={8} />
      ) : tree.length === 0 ? (
        <Empty icon="networks" title="There are no networks yet">
          Apply a Fabric, a VLAN of it and a Subnet, and racks that are wired to it serve it.
        </Empty>
      ) : (
        <div className={styles.fabrics}>
          {tree.map((fabric) => (
            <FabricCard key={fabric.name} fabric={fabric} />
          ))}
        </div>
      )}
    </>
  );
}

function FabricCard({ fabric: { name, description, exists, vlans } }: { fabric: FabricBranch }) {
  return (
    <Card
      title={
        <>
          {name === '' ? 'Of no VLAN that there is' : name}{' '}
          <span className={styles.description}>{description}</span>
        </>
      }
      actions={exists || name === '' ? undefined : <Badge tone="bad">There is no such Fabric</Badge>}
      flush
    >
      {vlans.length === 0 ? <p className={styles.vlan}>It has no VLAN.</p> : undefined}
      {vlans.map((branch) => (
        <VlanPart key={branch.name} branch={branch} />
      ))}
    </Card>
  );
}

function VlanPart({ branch: { name, vlan, subnets } }: { branch: VlanBranch }) {
  const { racks = [], foreignServers = [], conditions } = vlan?.status ?? {};
  return (
    <section className={styles.vlan} aria-label={`VLAN ${name}`}>
      <div className={styles.head}>
        <h3>{name}</h3>
        {vlan === undefined ? (
          <Badge tone="bad">There is no such VLAN</Badge>
        ) : (
          <>
            <span className={styles.quiet}>
              {vlan.spec.vid === 0 ? 'untagged' : `VLAN ${vlan.spec.vid}`} · MTU {vlan.spec.mtu} ·{' '}
              {dhcpWords(vlan.spec)} ·{' '}
              {racks.length === 0 ? 'no rack serves it' : `served by ${racks.join(', ')}`}
            </span>
            {conditions === undefined ? undefined : <ReadyBadge conditions={conditions} />}
          </>
        )}
        {foreignServers.map(({ address }) => (
          <Badge key={address} tone="warn">
            Foreign DHCP server {address}
          </Badge>
        ))}
      </div>
      <ul className={styles.subnets}>
        {subnets.map((subnet) => (
          <SubnetLine key={subnet.metadata.name} subnet={subnet} />
        ))}
      </ul>
    </section>
  );
}

function SubnetLine({ subnet: { metadata, spec, status } }: { subnet: Subnet }) {
  const addresses = status?.addresses;
  return (
    <li className={styles.subnet}>
      <Link to="/networks/subnets/$name" params={{ name: metadata.name }}>
        {metadata.name}
      </Link>
      <code>{spec.cidr}</code>
      {addresses === undefined ? (
        <span className={styles.use}>not counted yet</span>
      ) : (
        <span className={styles.use}>
          <Meter label={`${addresses.utilisationPercent} % in use`} parts={partsOfUse(addresses)} />
          <span>
            {shortCount(addresses.free)} free of {shortCount(addresses.total)}
          </span>
        </span>
      )}
    </li>
  );
}
