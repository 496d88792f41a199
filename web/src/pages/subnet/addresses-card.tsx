import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useForbidden } from '../../api/rights.ts';
import { deleteObject } from '../../api/writes.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Table } from '../../components/table.tsx';
import type { AssignedAddress, Segment } from './queries.ts';
import { ReserveDialog } from './reserve-dialog.tsx';
import styles from './subnet.module.css';

interface Row extends AssignedAddress {
  address: string;
}

/** So many are shown at first. */
const few = 25;

/** The addresses that machines and reservations have; a reservation is made and given up here. */
export function AddressesCard({ subnet, segments }: { subnet: string; segments: readonly Segment[] }) {
  const [reserving, setReserving] = useState(false);
  const [all, setAll] = useState(false);
  const forbidden = useForbidden('create', 'ip-addresses');
  const rows = segments.flatMap(({ first, address }): Row[] =>
    address === undefined ? [] : [{ ...address, address: first }],
  );
  const shown = all ? rows : rows.slice(0, few);
  return (
    <Card
      title={`Addresses: ${rows.length}`}
      flush
      actions={
        <GuardedButton icon="lock" disabledBecause={forbidden} onClick={() => setReserving(true)}>
          Reserve
        </GuardedButton>
      }
    >
      <ReserveDialog subnet={subnet} open={reserving} onOpenChange={setReserving} />
      {rows.length === 0 ? (
        <Empty icon="networks" title="Nobody has an address of it">
          Machines get theirs where they are first seen, and keep it.
        </Empty>
      ) : (
        <Table
          label="Addresses"
          rows={shown}
          keyOf={({ name }) => name}
          columns={[
            { id: 'address', title: 'Address', cell: ({ address }) => <CopyText text={address} /> },
            { id: 'purpose', title: 'Purpose', cell: ({ purpose }) => purpose },
            { id: 'who', title: 'Of', cell: (row) => <Owner row={row} /> },
            { id: 'mac', title: 'MAC', cell: ({ mac }) => (mac === undefined ? '' : <code>{mac}</code>) },
            { id: 'do', title: 'Actions', cell: (row) => <GiveUp row={row} /> },
          ]}
        />
      )}
      {rows.length > shown.length ? (
        <p className={styles.note}>
          <Button onClick={() => setAll(true)}>Show {rows.length - shown.length} more</Button>
        </p>
      ) : undefined}
    </Card>
  );
}

function Owner({ row: { machine, hostname } }: { row: Row }) {
  if (machine === undefined) return hostname ?? '–';
  return (
    <Link to="/machines/$name" params={{ name: machine }}>
      {machine}
    </Link>
  );
}

/** Gives a reservation up. Addresses of machines go with them alone. */
function GiveUp({ row: { name, address, purpose, machine } }: { row: Row }) {
  const [open, setOpen] = useState(false);
  const forbidden = useForbidden('delete', 'ip-addresses');
  const remove = useMutation({
    mutationFn: () => deleteObject('ip-addresses', name),
    onSuccess: () => setOpen(false),
  });
  if (purpose === 'Auto' || machine !== undefined) return undefined;
  return (
    <>
      <GuardedButton
        size="small"
        icon="trash"
        aria-label={`Give ${address} up`}
        disabledBecause={forbidden}
        onClick={() => setOpen(true)}
      >
        Give up
      </GuardedButton>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Give ${address} up?`}
        description="It is free again, and the next machine may be given it."
        verb="Give up"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}
