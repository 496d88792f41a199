import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Card } from '../../../components/card.tsx';
import { Empty } from '../../../components/empty.tsx';
import { ProblemNotice } from '../../../components/problem-notice.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { Skeleton } from '../../../components/skeleton.tsx';
import { Table } from '../../../components/table.tsx';
import {
  type CurrentSensors,
  currentSensorsQuery,
  type Period,
  periods,
  type SensorHistory,
  sensorHistoryQuery,
} from './queries.ts';
import { SensorChart } from './sensor-chart.tsx';
import styles from './sensors.module.css';
import { groupsOf, reading } from './words.ts';

/** What its sensors read: over time where the server keeps history, else what they read last. */
export function SensorsCard({ machine }: { machine: string }) {
  const [period, setPeriod] = useState<Period>('a day');
  const current = useQuery(currentSensorsQuery(machine));
  const isKept = current.data?.history === true;
  const history = useQuery({ ...sensorHistoryQuery(machine, period), enabled: isKept });
  const error = current.error ?? history.error;
  const refresh = (): void => {
    void current.refetch();
    if (isKept) void history.refetch();
  };
  const choose = (
    <>
      {isKept ? (
        <select
          className={styles.period}
          aria-label="How far back"
          value={period}
          onChange={({ target }) => setPeriod(periodOf(target.value))}
        >
          {Object.keys(periods).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : undefined}
      <Button size="small" icon="refresh" busy={current.isFetching || history.isFetching} onClick={refresh}>
        Refresh
      </Button>
    </>
  );
  const charts = history.data?.series.some(({ points }) => points.length > 0) === true;
  return (
    <Card title="Sensors" actions={choose} flush={error === null && current.data !== undefined && !charts}>
      {error !== null ? (
        <ProblemNotice error={error} onRetry={refresh} />
      ) : current.data === undefined || (isKept && history.data === undefined) ? (
        <Skeleton lines={6} />
      ) : charts && history.data !== undefined ? (
        <Charts span={history.data} />
      ) : (
        <Current of={current.data} />
      )}
    </Card>
  );
}

function periodOf(text: string): Period {
  return text === '6 hours' || text === 'a week' || text === 'a month' ? text : 'a day';
}

function Charts({ span }: { span: SensorHistory }) {
  return groupsOf(span.series.filter(({ points }) => points.length > 0)).map(({ heading, sensors }) => (
    <section key={heading} className={styles.group}>
      <h3>{heading}</h3>
      <div className={styles.charts}>
        {sensors.map((series) => (
          <SensorChart key={`${series.name} ${series.unit}`} series={series} span={span} />
        ))}
      </div>
    </section>
  ));
}

function Current({ of: { sensors, at, rack, detail, history } }: { of: CurrentSensors }) {
  if (sensors.length === 0) {
    return (
      <Empty icon="info" title="No sensor was read">
        {detail ?? 'The BMC tells of none'}. Racks ask BMCs every five minutes, by Redfish or IPMI.
      </Empty>
    );
  }
  return (
    <>
      <div className={styles.flush}>
        <p className={styles.quiet}>
          Read by {rack ?? 'a rack'} <RelativeTime at={at} />.{' '}
          {history
            ? 'There is no chart of this time: nothing was read in it.'
            : 'There are no charts: this server keeps no history.'}
        </p>
      </div>
      <Table
        label="What sensors read last"
        rows={groupsOf(sensors).flatMap(({ heading, sensors: some }) =>
          some.map((sensor) => ({ ...sensor, heading })),
        )}
        keyOf={({ name, kind, unit }) => `${kind} ${name} ${unit}`}
        columns={[
          { id: 'name', title: 'Sensor', cell: ({ name }) => <strong>{name}</strong> },
          { id: 'kind', title: 'Kind', cell: ({ heading }) => heading },
          { id: 'value', title: 'Reads', figures: true, cell: ({ value, unit }) => reading(value, unit) },
        ]}
      />
    </>
  );
}
