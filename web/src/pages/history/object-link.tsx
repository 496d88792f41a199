import { Link } from '@tanstack/react-router';

export interface ObjectLinkProps {
  /** A kind or a noun: `Machine`, `machines`. */
  kind: string;
  namespace?: string | undefined;
  name: string | undefined;
}

/** The name of an object, as a way to its page where it has one. The object may be gone. */
export function ObjectLink({ kind, namespace, name }: ObjectLinkProps) {
  if (name === undefined) return <>{kind}</>;
  if (kind === 'Machine' || kind === 'machines') {
    return (
      <Link to="/machines/$name" params={{ name }}>
        {name}
      </Link>
    );
  }
  if (namespace !== undefined && (kind === 'Allocation' || kind === 'allocations')) {
    return (
      <Link to="/allocations/$namespace/$name" params={{ namespace, name }}>
        {namespace}/{name}
      </Link>
    );
  }
  if (kind === 'Subnet' || kind === 'subnets') {
    return (
      <Link to="/networks/subnets/$name" params={{ name }}>
        {name}
      </Link>
    );
  }
  return (
    <>
      {kind} {namespace === undefined ? name : `${namespace}/${name}`}
    </>
  );
}
