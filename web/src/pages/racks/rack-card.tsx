import { Link } from '@tanstack/react-router';
import type { Rack, RackStatus } from '../../../../src/api/rack/schema.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Facts } from '../../components/facts.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { rackHealth } from './health.ts';
import styles from './racks.module.css';

const tones: Readonly<Record<string, Tone>> = { Running: 'ok', Failed: 'bad', Disabled: 'quiet' };

/** One rack: its services, what it is wired to, and what it gives addresses out of. */
export function RackCard({ rack, now }: { rack: Rack; now: number }) {
  const { metadata, status } = rack;
  const { words, tone, message } = rackHealth(rack, now);
  return (
    <Card
      title={
        <span className={styles.title}>
          {metadata.name} <Badge tone={tone}>{words}</Badge>
        </span>
      }
    >
      <div className={styles.body}>
        {message === undefined ? undefined : <p>{message}</p>}
        <Services of={status?.services ?? []} />
        <Facts
          of={{
            Heard: <RelativeTime at={status?.lastSeen} />,
            Version: status?.version,
            VLANs: status?.vlans?.join(', '),
            Leases: status?.leases,
            'Boot files at': status?.httpUrl === undefined ? undefined : <CopyText text={status.httpUrl} />,
          }}
        />
        <Interfaces of={status?.interfaces ?? []} />
        <Slices of={status?.slices ?? []} />
        <Foreign of={status?.foreignDhcpServers ?? []} />
      </div>
    </Card>
  );
}

function Services({ of }: { of: NonNullable<RackStatus['services']> }) {
  if (of.length === 0) return <p className={styles.quiet}>It has not told of its services.</p>;
  return (
    <ul className={styles.services} aria-label="Services">
      {of.map(({ name, state, message }) => (
        <li key={name} className={styles.service} data-state={state}>
          <span className={styles.name}>{name}</span>
          <Badge tone={tones[state] ?? 'quiet'}>{state}</Badge>
          {message === undefined ? undefined : <p>{message}</p>}
        </li>
      ))}
    </ul>
  );
}

function Interfaces({ of }: { of: NonNullable<RackStatus['interfaces']> }) {
  if (of.length === 0) return undefined;
  return (
    <section>
      <h3>Interfaces</h3>
      <ul className={styles.list}>
        {of.map(({ name, addresses, vlan }) => (
          <li key={name}>
            <strong>{name}</strong> <code>{addresses.join(', ')}</code>{' '}
            <span className={styles.quiet}>{vlan === undefined ? 'on no known VLAN' : `VLAN ${vlan}`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Slices({ of }: { of: NonNullable<RackStatus['slices']> }) {
  if (of.length === 0) return undefined;
  return (
    <section>
      <h3>Gives addresses out of</h3>
      <ul className={styles.list}>
        {of.map(({ subnet, start, end, state, leases }) => (
          <li key={`${subnet} ${start}`}>
            <code>
              {start} – {end}
            </code>{' '}
            <Link to="/networks/subnets/$name" params={{ name: subnet }}>
              {subnet}
            </Link>{' '}
            <span className={styles.quiet}>
              {leases} leased{state === 'Open' ? '' : `, ${state.toLowerCase()}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Foreign({ of }: { of: NonNullable<RackStatus['foreignDhcpServers']> }) {
  if (of.length === 0) return undefined;
  return (
    <section>
      <h3>DHCP servers that are no racks</h3>
      <ul className={styles.list}>
        {of.map(({ interface: nic, address, mac, lastSeen }) => (
          <li key={`${nic} ${address}`}>
            <Badge tone="warn">{address}</Badge> on {nic}
            {mac === undefined ? undefined : (
              <>
                {' '}
                by <code>{mac}</code>
              </>
            )}
            , heard <RelativeTime at={lastSeen} />
          </li>
        ))}
      </ul>
    </section>
  );
}
