/** The part of a machine that approval shows in. */
export interface Approvable {
  spec: { approved: boolean; quarantined?: boolean | undefined };
  status?: { approval?: object | undefined } | undefined;
}

/**
 * Whether the machine may be commissioned and used: a person has said so, or a policy has. Everything that depends on approval
 * asks here. One in quarantine is not approved, whoever says so.
 */
export function isApproved({ spec, status }: Approvable): boolean {
  return spec.quarantined !== true && (spec.approved || status?.approval !== undefined);
}

/**
 * Whether an agent on the machine may be given a task of this kind. One that is not approved gets nothing that carries a secret
 * or leads to one; what is left to erase is erased all the same.
 */
export function mayRunTask(machine: Approvable, kind: string): boolean {
  return kind === 'Erase' || isApproved(machine);
}
