import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Allocation } from '../../../../src/api/allocation/schema.ts';
import { problemOf } from '../../api/problem.ts';
import { objectQuery } from '../../api/queries.ts';
import { useForbidden } from '../../api/rights.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { deleteObject } from '../../api/writes.ts';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Card } from '../../components/card.tsx';
import { Conditions } from '../../components/conditions.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Empty } from '../../components/empty.tsx';
import { Facts } from '../../components/facts.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { diskSize, memorySize } from '../../format/size.ts';
import { allocationState, waitsFor } from '../allocations/phase.ts';
import styles from './allocation.module.css';
import { Progress } from './progress.tsx';

/** One Allocation: how far it has come, how to get in, and the way back. */
export function AllocationPage() {
  const { namespace, name } = useParams({ from: '/shell/allocations/$namespace/$name' });
  useWatch('allocations');
  const { data: allocation, error, refetch } = useQuery(objectQuery('allocations', name, namespace));
  if (error !== null && problemOf(error).code === 'NotFound') return <Gone name={name} />;
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (allocation === undefined) return <Skeleton lines={8} />;
  return <Shown allocation={allocation} namespace={namespace} />;
}

function Gone({ name }: { name: string }) {
  return (
    <>
      <PageHeader title={name} />
      <Empty
        icon="allocations"
        title="There is no such Allocation"
        actions={<ButtonLink to="/allocations">All allocations</ButtonLink>}
      >
        It was released, or there never was one of this name.
      </Empty>
    </>
  );
}

function Shown({ allocation, namespace }: { allocation: Allocation; namespace: string }) {
  const { metadata, status } = allocation;
  const { words, tone } = allocationState(allocation);
  const reason = waitsFor(allocation);
  const address = status?.addresses?.[0];
  return (
    <>
      <PageHeader
        title={metadata.name}
        aside={<Badge tone={tone}>{words}</Badge>}
        text={
          <>
            Namespace {namespace} · created <RelativeTime at={metadata.creationTimestamp} />
          </>
        }
        actions={<Release allocation={allocation} namespace={namespace} />}
      />
      <div className={styles.page}>
        <Card title="Progress">
          <Progress allocation={allocation} />
          {reason === undefined ? undefined : <p className={styles.reason}>{reason}</p>}
          {status?.unmatched === undefined || status.unmatched.length === 0 ? undefined : (
            <ul className={styles.unmatched}>
              {status.unmatched.map(({ constraint, message }) => (
                <li key={constraint}>{message}</li>
              ))}
            </ul>
          )}
        </Card>
        <Card title="Get in">
          {address === undefined || status?.phase !== 'Deployed' ? (
            <p className={styles.quiet}>The SSH command stands here once the machine is deployed.</p>
          ) : (
            <>
              <CopyText text={`ssh ${userOf(allocation)}@${address}`} />
              <p className={styles.quiet}>
                {allocation.spec.sshKeys.length === 0
                  ? 'No SSH keys were given: user data has to let you in.'
                  : 'The user is that of most images of this system; another one may be set by user data.'}
              </p>
            </>
          )}
        </Card>
        <Card title="What it has">
          <Facts of={given(allocation)} />
        </Card>
        <Card title="What was asked for">
          <Facts of={asked(allocation)} />
        </Card>
      </div>
      <Card title="Conditions" flush>
        <Conditions of={status?.conditions} />
      </Card>
    </>
  );
}

function Release({ allocation, namespace }: { allocation: Allocation; namespace: string }) {
  const { name, deletionTimestamp } = allocation.metadata;
  const { machine } = allocation.status ?? {};
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const forbidden = useForbidden('delete', 'allocations', namespace);
  const release = useMutation({
    mutationFn: () => deleteObject('allocations', name, namespace),
    onSuccess: () => {
      setOpen(false);
      if (machine === undefined) void navigate({ to: '/allocations' });
    },
  });
  const kept = allocation.spec.erase === 'None';
  return (
    <>
      <GuardedButton
        look="danger"
        icon="trash"
        disabledBecause={deletionTimestamp === undefined ? forbidden : 'It is being released.'}
        onClick={() => setOpen(true)}
      >
        Release
      </GuardedButton>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Release ${name}?`}
        description={
          machine === undefined
            ? 'It has no machine yet; nothing is lost.'
            : kept
              ? `${machine} is switched off and given back. Its disks are kept as they are.`
              : `${machine} is switched off, its disks are erased, and it is given back. This cannot be undone.`
        }
        verb="Release"
        {...(machine === undefined || kept ? {} : { word: name })}
        busy={release.isPending}
        error={release.error}
        onConfirm={() => release.mutate()}
      />
    </>
  );
}

/** The user that the cloud images of a system let in. */
function userOf({ spec: { image } }: Allocation): string {
  const known = ['debian', 'ubuntu', 'rocky', 'fedora', 'almalinux', 'opensuse'];
  return known.find((system) => image.startsWith(system)) ?? 'root';
}

function given({ status }: Allocation) {
  const { machine, addresses = [], powerState, boundAt, deployedAt } = status ?? {};
  return {
    Machine:
      machine === undefined ? (
        'None yet'
      ) : (
        <Link to="/machines/$name" params={{ name: machine }}>
          {machine}
        </Link>
      ),
    Addresses: addresses.map((address) => <CopyText key={address} text={address} />),
    Power: powerState,
    'Machine claimed': boundAt === undefined ? undefined : <RelativeTime at={boundAt} />,
    Deployed: deployedAt === undefined ? undefined : <RelativeTime at={deployedAt} />,
  };
}

function asked({ spec }: Allocation) {
  const { constraints: wanted } = spec;
  const disks = wanted.disks?.map(({ count, minSizeBytes, kind }) =>
    [`${count} ×`, kind ?? 'any', minSizeBytes === undefined ? '' : `≥ ${diskSize(minSizeBytes)}`].join(' '),
  );
  return {
    Image: spec.image,
    Machine: wanted.machine,
    Cores: wanted.cores === undefined ? undefined : `≥ ${wanted.cores}`,
    Memory: wanted.memoryMiB === undefined ? undefined : `≥ ${memorySize(wanted.memoryMiB)}`,
    Interfaces: wanted.nics === undefined ? undefined : `≥ ${wanted.nics}`,
    Disks: disks?.join(', '),
    Architecture: wanted.architecture,
    Pool: wanted.pool,
    Zone: wanted.zone,
    Tags: wanted.tags?.join(', '),
    'Without tags': wanted.notTags?.join(', '),
    'Host name': spec.hostname,
    'SSH keys': spec.sshKeys.length === 0 ? 'None' : spec.sshKeys.map(keyName).join(', '),
    'User data': spec.userDataSecret === undefined ? undefined : `Secret ${spec.userDataSecret}`,
    'When released': { None: 'Disks are kept', Quick: 'Disks are erased', Full: 'Disks are overwritten' }[
      spec.erase
    ],
  };
}

/** The comment of a public key, else its type. */
function keyName(key: string): string {
  const [type = '', , ...comment] = key.split(' ');
  return comment.join(' ') || type;
}
