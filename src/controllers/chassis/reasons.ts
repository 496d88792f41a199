/** Reasons of Ready, Reconciling and Stalled of a Chassis. */
export const chassisReasons = {
  NotEnumerated: 'Nobody has had its nodes listed yet. Order Enumerate.',
  ChangedSince: 'Its spec has changed since its nodes were listed. Order Enumerate again.',
  AwaitingRack: 'A rack is to ask the manager. Check that one runs, and that spec.rack is its name.',
  Enumerating: 'A rack asks the manager for its nodes.',
  Enumerated: 'The Machines of its nodes are there.',
  EnumerationFailed:
    'The manager did not list its nodes; the message says why. Correct spec.bmc or the manager, then order Enumerate again.',
  EnumerationTimeout:
    'No rack listed the nodes in time. Check that a rack runs, and that spec.rack is its name, then order Enumerate again.',
  ChassisChanged: 'Its spec was changed while its nodes were listed. Order Enumerate again.',
} as const;
export type ChassisReason = keyof typeof chassisReasons;

/** Reasons of NodesPresent of a Chassis. */
export const nodesPresentReasons = {
  AllNodesPresent: 'The manager lists the nodes of all Machines that came from it.',
  NodesVanished:
    'The manager does not list the nodes of the Machines that the message names. Check them; delete the Machines that are gone for good.',
  ListIncomplete: 'The manager has more nodes than are taken: what is not listed may still be there.',
} as const;
export type NodesPresentReason = keyof typeof nodesPresentReasons;
