import type { Machine } from '../../../../src/api/machine/schema.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { classes } from '../../components/classes.ts';
import { Empty } from '../../components/empty.tsx';
import { Facts } from '../../components/facts.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Table } from '../../components/table.tsx';
import styles from './grid.module.css';
import { SensorsCard } from './sensors/sensors-card.tsx';
import { PowerCard } from './summary/power-card.tsx';

const tones: Readonly<Record<string, Tone>> = { OK: 'ok', Warning: 'warn', Critical: 'bad' };

/** What its BMC says: power, health, firmware, and which racks reach it. */
export default function PowerTab({ machine }: { machine: Machine }) {
  const health = machine.status?.health;
  return (
    <div className={classes(styles.grid, styles.two)}>
      <PowerCard machine={machine} />
      <ReachCard machine={machine} />
      {health === undefined ? (
        <div className={styles.wide}>
          <Card title="Health">
            <Empty icon="info" title="Its BMC has not told of its health">
              Racks ask BMCs every five minutes, by Redfish or IPMI.
            </Empty>
          </Card>
        </div>
      ) : (
        <>
          <Card title="Health">
            <Facts
              of={{
                Overall: <Badge tone={tones[health.overall] ?? 'quiet'}>{health.overall}</Badge>,
                'Read by': health.rack,
                'Secure Boot': health.secureBoot,
                'Critical log entries': health.eventLog?.critical,
              }}
            />
          </Card>
          <Card title="Firmware">
            <Facts of={health.firmware ?? {}} />
          </Card>
          <div className={styles.wide}>
            <Card title="What is not healthy" flush>
              <Table
                label="Components that are not healthy"
                rows={health.components}
                keyOf={({ name }) => name}
                columns={[
                  { id: 'name', title: 'Component', cell: ({ name }) => <strong>{name}</strong> },
                  {
                    id: 'health',
                    title: 'Health',
                    cell: (each) => <Badge tone={tones[each.health] ?? 'quiet'}>{each.health}</Badge>,
                  },
                  { id: 'message', title: 'Said', cell: ({ message }) => message },
                ]}
              />
            </Card>
          </div>
        </>
      )}
      <div className={styles.wide}>
        <SensorsCard machine={machine.metadata.name} />
      </div>
    </div>
  );
}

function ReachCard({ machine: { status } }: { machine: Machine }) {
  const reach = status?.bmcReach ?? [];
  const request = status?.power?.request;
  return (
    <Card title="The BMC and the racks">
      <Facts
        of={{
          'Last asked for': request && (
            <>
              {request.action} {request.boot === undefined ? '' : `to boot by ${request.boot} `}
              <RelativeTime at={request.requestedAt} />
            </>
          ),
          'Wanted by its owner': status?.powerWish?.state,
          'Racks that tried': reach.length === 0 ? 'none yet' : undefined,
          ...Object.fromEntries(
            reach.map(({ rack, reaches, since }) => [
              rack,
              <span key={rack}>
                <Badge tone={reaches ? 'ok' : 'bad'}>{reaches ? 'reaches it' : 'does not reach it'}</Badge>{' '}
                <RelativeTime at={since} />
              </span>,
            ]),
          ),
        }}
      />
    </Card>
  );
}
