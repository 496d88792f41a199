import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BootImage } from '../../../../src/api/boot-image/schema.ts';
import { allQuery } from '../../api/queries.ts';
import { useForbidden } from '../../api/rights.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { diskSize } from '../../format/size.ts';
import { DeleteImage } from './delete-image.tsx';
import styles from './images.module.css';
import { ImportDialog } from './import-dialog.tsx';
import { ImportMeter } from './import-meter.tsx';
import { imageState, storedBytes } from './state.ts';
import { UploadDialog } from './upload-dialog.tsx';

/** What machines boot into or are installed with, and how far each import is. */
export function ImagesPage() {
  useWatch('images', 'racks');
  const { data, error, refetch } = useQuery(allQuery('images'));
  const racks = useQuery(allQuery('racks', { fields: 'metadata.name' }));
  const [open, setOpen] = useState<'Import' | 'Upload'>();
  const forbidden = useForbidden('create', 'images');
  const columns = columnsOf(racks.data?.length);
  return (
    <>
      <PageHeader
        title="Images"
        text={data === undefined ? undefined : `${data.length} ${data.length === 1 ? 'image' : 'images'}`}
        actions={
          <>
            <GuardedButton disabledBecause={forbidden} onClick={() => setOpen('Upload')}>
              Upload
            </GuardedButton>
            <GuardedButton
              look="primary"
              icon="images"
              disabledBecause={forbidden}
              onClick={() => setOpen('Import')}
            >
              Import
            </GuardedButton>
          </>
        }
      />
      <ImportDialog
        open={open === 'Import'}
        onOpenChange={(wanted) => setOpen(wanted ? 'Import' : undefined)}
      />
      <UploadDialog
        open={open === 'Upload'}
        onOpenChange={(wanted) => setOpen(wanted ? 'Upload' : undefined)}
      />
      {error !== null ? (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton lines={6} />
      ) : (
        <Card flush>
          {data.length === 0 ? (
            <Empty icon="images" title="There is no image yet">
              One of purpose Ephemeral lets machines be commissioned, one of purpose Disk is installed on
              them.
            </Empty>
          ) : (
            <Table label="Images" columns={columns} rows={data} keyOf={({ metadata }) => metadata.name} />
          )}
        </Card>
      )}
    </>
  );
}

/** @param racks how many there are; undefined: not known */
function columnsOf(racks: number | undefined): readonly Column<BootImage>[] {
  return [
    { id: 'name', title: 'Name', cell: ({ metadata }) => <strong>{metadata.name}</strong> },
    {
      id: 'os',
      title: 'System',
      cell: ({ spec }) => (
        <>
          {spec.os} {spec.release}
          <div className={styles.quiet}>
            {spec.architecture} · {spec.purpose === 'Disk' ? 'to install' : 'in memory'}
          </div>
        </>
      ),
    },
    { id: 'state', title: 'State', cell: (image) => <ImageState image={image} /> },
    { id: 'size', title: 'Size', figures: true, cell: (image) => sizeOf(image) },
    {
      id: 'racks',
      title: 'On racks',
      cell: ({ status }) => {
        const names = (status?.racks ?? []).map(({ name }) => name);
        return (
          <span title={names.join(', ')}>
            {names.length}
            {racks === undefined ? '' : ` of ${racks}`}
          </span>
        );
      },
    },
    { id: 'at', title: 'Imported', cell: ({ status }) => <RelativeTime at={status?.importedAt} /> },
    { id: 'do', title: 'Actions', cell: (image) => <DeleteImage image={image} /> },
  ];
}

function ImageState({ image }: { image: BootImage }) {
  const { words, tone, message } = imageState(image);
  const progress = tone === 'busy' ? image.status?.progress : undefined;
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      {progress === undefined ? undefined : <ImportMeter progress={progress} />}
      {message === undefined ? undefined : <div className={styles.said}>{message}</div>}
    </>
  );
}

function sizeOf(image: BootImage): string {
  const bytes = storedBytes(image);
  return bytes === undefined ? '–' : diskSize(bytes);
}
