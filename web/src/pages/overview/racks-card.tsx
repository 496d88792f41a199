import { Link } from '@tanstack/react-router';
import type { RackNews } from '../../api/overview.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import styles from './overview.module.css';

/** Whether the racks are well. */
export function RacksCard({ racks }: { racks: readonly RackNews[] }) {
  return (
    <Card title={<Link to="/racks">Racks</Link>} flush>
      {racks.length === 0 ? (
        <Empty icon="racks" title="No rack has reported yet">
          Without one, no machine boots.
        </Empty>
      ) : (
        <ul className={styles.list}>
          {racks.map((rack) => (
            <RackItem key={rack.name} rack={rack} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function RackItem({ rack }: { rack: RackNews }) {
  const { name, healthy, silent, lastSeen, failedServices, foreignDhcpServers, message, advice } = rack;
  return (
    <li className={styles.item}>
      <div className={styles.head}>
        <strong>{name}</strong>
        <Badge tone={healthy ? 'ok' : 'bad'}>{healthy ? 'Well' : silent ? 'Silent' : 'Not well'}</Badge>
        {foreignDhcpServers === 0 ? undefined : <Badge tone="warn">Foreign DHCP server</Badge>}
        <span className={styles.time}>
          <RelativeTime at={lastSeen} />
        </span>
      </div>
      {failedServices.map((service) => (
        <p key={service.name}>
          {service.name}: {service.message}
        </p>
      ))}
      {healthy || failedServices.length > 0 || message === '' ? undefined : <p>{message}</p>}
      {healthy || advice === undefined ? undefined : <p className={styles.advice}>{advice}</p>}
    </li>
  );
}
