import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { MachineInventory } from '../../../../src/api/machine-inventory/schema.ts';
import { problemOf } from '../../api/problem.ts';
import { objectQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';

/** Shows what is made of a machine's inventory, or why there is none. */
export function WithInventory({
  name,
  children,
}: {
  name: string;
  children(inventory: MachineInventory): ReactNode;
}) {
  useWatch('machine-inventories');
  const { data, error, refetch } = useQuery(objectQuery('machine-inventories', name));
  if (data !== undefined) return children(data);
  if (error === null) return <Skeleton lines={6} label="Loading the inventory" />;
  if (problemOf(error).code !== 'NotFound')
    return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  return (
    <Empty icon="machines" title="Its hardware is not known yet">
      Commissioning boots the machine into an OS in memory, which finds out what it is made of and changes
      nothing.
    </Empty>
  );
}
