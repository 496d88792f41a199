import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { objectQuery } from '../../api/queries.ts';
import { useForbidden } from '../../api/rights.ts';
import { patchObject } from '../../api/writes.ts';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { useNotifyProblem } from '../../components/notices.tsx';

/** Approves a machine that enlisted itself; it is commissioned then, when it has a BMC. */
export function Approve({ machine }: { machine: Machine }) {
  const { name } = machine.metadata;
  const client = useQueryClient();
  const forbidden = useForbidden('patch', 'machines');
  const approve = useMutation({
    mutationFn: () => patchObject('machines', { name }, { spec: { approved: true } }),
    onSuccess: (approved) => client.setQueryData(objectQuery('machines', name).queryKey, approved),
    onError: useNotifyProblem(),
  });
  if (machine.spec.approved || machine.spec.quarantined === true) return undefined;
  const early = machine.status?.phase === 'New' || machine.status?.phase === 'Enlisting';
  if (!early) return undefined;
  return (
    <GuardedButton
      look="primary"
      icon="check"
      busy={approve.isPending}
      disabledBecause={forbidden}
      onClick={() => approve.mutate()}
    >
      Approve
    </GuardedButton>
  );
}
