import { useQuery } from '@tanstack/react-query';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { InventoryNic } from '../../../../src/api/machine-inventory/schema.ts';
import { allQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Table } from '../../components/table.tsx';
import styles from './grid.module.css';
import { WithInventory } from './with-inventory.tsx';

/** Its interfaces, what each is wired to, and its addresses. */
export default function NetworkTab({ machine }: { machine: Machine }) {
  const { name } = machine.metadata;
  return (
    <div className={styles.stack}>
      <AddressesCard machine={machine} />
      <WithInventory name={name}>
        {({ hardware }) => (
          <Card title="Interfaces" flush>
            <Interfaces nics={hardware.nics} />
          </Card>
        )}
      </WithInventory>
    </div>
  );
}

function Interfaces({ nics }: { nics: readonly InventoryNic[] }) {
  return (
    <Table
      label="Interfaces"
      rows={nics}
      keyOf={({ name, mac }) => `${name} ${mac}`}
      columns={[
        { id: 'name', title: 'Interface', cell: ({ name }) => <strong>{name}</strong> },
        {
          id: 'link',
          title: 'Link',
          cell: ({ link }) => <Badge tone={link ? 'ok' : 'quiet'}>{link ? 'Up' : 'Down'}</Badge>,
        },
        { id: 'speed', title: 'Speed', figures: true, cell: ({ speedMbps }) => speedOf(speedMbps) },
        { id: 'mac', title: 'MAC', cell: ({ mac }) => <CopyText text={mac} /> },
        { id: 'switch', title: 'Switch port (LLDP)', cell: neighbourOf },
        {
          id: 'device',
          title: 'Device',
          cell: ({ vendor, product, driver }) => (
            <>
              {product ?? vendor}
              <div className={styles.quiet}>{driver}</div>
            </>
          ),
        },
      ]}
    />
  );
}

function neighbourOf({ lldp }: InventoryNic) {
  if (lldp === undefined) return <span className={styles.quiet}>not heard</span>;
  return (
    <>
      {lldp.chassisName ?? lldp.chassisId} <code>{lldp.portId}</code>
      {lldp.vlan === undefined ? undefined : <div className={styles.quiet}>VLAN {lldp.vlan}</div>}
    </>
  );
}

/** @param mbps megabits a second */
function speedOf(mbps: number | undefined): string {
  if (mbps === undefined) return '';
  return mbps >= 1000 ? `${mbps / 1000} Gbit/s` : `${mbps} Mbit/s`;
}

function AddressesCard({ machine }: { machine: Machine }) {
  useWatch('ip-addresses');
  const {
    data = [],
    error,
    isPending,
  } = useQuery(allQuery('ip-addresses', { fieldSelector: `spec.machine=${machine.metadata.name}` }));
  return (
    <Card title="Addresses" flush>
      {error === null ? undefined : <ProblemNotice error={error} />}
      {!isPending && error === null && data.length === 0 ? (
        <Empty icon="networks" title="It has no address">
          It gets one on the subnet where it is first seen, and keeps it.
        </Empty>
      ) : (
        <Table
          label="Addresses"
          rows={data}
          keyOf={({ metadata }) => metadata.name}
          columns={[
            { id: 'address', title: 'Address', cell: ({ spec }) => <CopyText text={spec.address} /> },
            {
              id: 'subnet',
              title: 'Subnet',
              cell: ({ spec }) => spec.subnet,
            },
            { id: 'purpose', title: 'Purpose', cell: ({ spec }) => spec.purpose },
            {
              id: 'mac',
              title: 'MAC',
              cell: ({ spec }) => (spec.mac === undefined ? '' : <code>{spec.mac}</code>),
            },
          ]}
        />
      )}
    </Card>
  );
}
