import type { Machine } from '../../../../src/api/machine/schema.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Facts } from '../../components/facts.tsx';
import { Table } from '../../components/table.tsx';
import { diskSize } from '../../format/size.ts';
import styles from './grid.module.css';
import { WithInventory } from './with-inventory.tsx';

/** Its disks, and which of them an image is installed to. */
export default function StorageTab({ machine }: { machine: Machine }) {
  const { name } = machine.metadata;
  return (
    <div className={styles.stack}>
      <Card title="Root disk">
        <RootDisk machine={machine} />
      </Card>
      <WithInventory name={name}>
        {({ hardware: { disks } }) => (
          <Card title={`Disks (${disks.length})`} flush>
            <Table
              label="Disks"
              rows={disks}
              keyOf={({ name: disk }) => disk}
              columns={[
                { id: 'name', title: 'Disk', cell: (disk) => <strong>{disk.name}</strong> },
                { id: 'kind', title: 'Kind', cell: ({ kind }) => <Badge tone="quiet">{kind}</Badge> },
                { id: 'size', title: 'Size', figures: true, cell: ({ sizeBytes }) => diskSize(sizeBytes) },
                {
                  id: 'model',
                  title: 'Model',
                  cell: ({ vendor, model }) => [vendor, model].filter(Boolean).join(' '),
                },
                {
                  id: 'serial',
                  title: 'Serial',
                  cell: ({ serial }) => (serial === undefined ? '' : <CopyText text={serial} />),
                },
                {
                  id: 'path',
                  title: 'Path',
                  cell: ({ path, transport, removable }) => (
                    <>
                      <code>{path}</code>
                      <div className={styles.quiet}>
                        {transport}
                        {removable ? ', removable' : ''}
                      </div>
                    </>
                  ),
                },
              ]}
            />
          </Card>
        )}
      </WithInventory>
    </div>
  );
}

function RootDisk({ machine: { spec } }: { machine: Machine }) {
  const hints = Object.entries(spec.rootDisk ?? {});
  if (hints.length === 0) {
    return (
      <p className={styles.quiet}>
        The smallest disk that holds the image. spec.rootDisk in the YAML chooses another.
      </p>
    );
  }
  return (
    <Facts
      of={Object.fromEntries(
        hints.map(([hint, value]) => [
          hint,
          hint === 'minSizeBytes' ? diskSize(Number(value)) : String(value),
        ]),
      )}
    />
  );
}
