import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyBounds, Spread } from './meter.ts';
import { OperatorMeters } from './operator-meters.ts';
import { createOperatorMetrics } from './operator-metrics.ts';
import { RackMeters } from './rack-meters.ts';
import { createRackMetrics, type RackGauges } from './rack-metrics.ts';
import { renderMetricsReference } from './render-reference.ts';
import { ServerMeters } from './server-meters.ts';
import { createServerMetrics } from './server-metrics.ts';

const gauges: RackGauges = {
  version: '1.0.0',
  leases: async () => [{ subnet: 's', state: 'Bound', count: 7 }],
  slices: () => [{ subnet: 's', addresses: 40, used: 7 }],
  imageCache: () => ({ bytes: 10, limitBytes: 100, files: 2 }),
  services: () => [
    { name: 'Dhcp4', up: true },
    { name: 'Tftp', up: false },
  ],
  worldSynced: () => true,
  snapshotWrittenAt: () => 1_700_000_000_000,
  outbox: () => 3,
  leaseDiskFailed: () => false,
};

function rack() {
  const meters = new RackMeters();
  const registry = createRackMetrics(meters, gauges);
  const lines = async () => (await registry.text()).split('\n');
  return { meters, registry, lines };
}

function operator() {
  const meters = new OperatorMeters();
  const registry = createOperatorMetrics(meters, {
    version: '1.0.0',
    isLeader: () => true,
    machines: () => ['Ready', 'Ready', 'Deployed'],
    late: () => ['LateDhcp'],
  });
  return { meters, registry };
}

describe('the metrics of a rack', () => {
  it('say what was counted, and 0 where nothing was', async () => {
    const { meters, lines } = rack();
    meters.received(1);
    meters.received(1);
    meters.received(200);
    meters.sent(2);
    meters.refused('NoAddress');
    meters.httpAnswered({ route: '/images/:digest', method: 'GET', status: 206, bytes: 10, ms: 3 });
    meters.tftpFinished({ bytes: 5, ok: true, outcome: 'Done', durationMs: 1 });
    meters.tftpFinished({ bytes: 5, ok: false, outcome: 'TimedOut', durationMs: 1 });
    meters.powerFinished({ driver: 'redfish', action: 'On', result: 'Succeeded', ms: 5_000 });
    const seen = (await lines()).map(sorted);
    const wanted = [
      'metalwright_dhcp4_received_total{type="DISCOVER"} 2',
      'metalwright_dhcp4_received_total{type="REQUEST"} 0',
      'metalwright_dhcp4_received_total{type="other"} 1',
      'metalwright_dhcp4_sent_total{type="OFFER"} 1',
      'metalwright_dhcp4_refused_total{reason="NoAddress"} 1',
      'metalwright_http_requests_total{route="/images/:digest",method="GET",code="206"} 1',
      'metalwright_http_sent_bytes_total{route="/images/:digest"} 10',
      'metalwright_tftp_transfers_total{outcome="TimedOut"} 1',
      'metalwright_tftp_sent_bytes_total 5',
      'metalwright_power_operations_total{driver="redfish",action="On",result="Succeeded"} 1',
      'metalwright_power_operation_seconds_bucket{le="5",driver="redfish"} 1',
      'metalwright_dhcp4_leases{subnet="s",state="Bound"} 7',
      'metalwright_service_up{service="Tftp"} 0',
      'metalwright_snapshot_written_timestamp_seconds 1700000000',
    ];
    expect(wanted.map(sorted).filter((line) => !seen.includes(line))).toEqual([]);
  });

  it('are the same when they are asked for twice', async () => {
    const { meters, lines } = rack();
    meters.received(1);
    meters.answered(2, 3);
    const own = async () => (await lines()).filter((line) => line.startsWith('metalwright_'));
    const first = await own();
    expect(first.length).toBeGreaterThan(50);
    expect(await own()).toEqual(first);
  });

  it('tell of event-loop delay and of the process', async () => {
    const text = (await rack().lines()).join('\n');
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
  });

  it('have names and units as Prometheus wants them, and a sentence each', () => {
    const all = [...rack().registry.descriptions(), ...operator().registry.descriptions()];
    const own = all.filter(({ name }) => name.startsWith('metalwright_'));
    expect(own.filter(({ name, type }) => type === 'counter' && !name.endsWith('_total'))).toEqual([]);
    expect(own.filter(({ name, type }) => type === 'histogram' && !name.endsWith('_seconds'))).toEqual([]);
    expect(own.filter(({ help }) => !/^.+[.]$/.test(help))).toEqual([]);
  });
});

describe('the metrics of the operator', () => {
  it('say what controllers did, and how machines are', async () => {
    const { meters, registry } = operator();
    meters.reconciled('machine', 'Done', 2);
    meters.reconciled('machine', 'Conflict', 2);
    meters.queue('machine', () => 4);
    meters.stepped({ phase: 'Deploying', step: 'Loader', firmware: 'UEFI', seconds: 1.5 });
    const seen = (await registry.text()).split('\n').map(sorted);
    const wanted = [
      'metalwright_reconciles_total{controller="machine",result="Done"} 1',
      'metalwright_reconciles_total{controller="machine",result="Conflict"} 1',
      'metalwright_reconcile_seconds_count{controller="machine"} 2',
      'metalwright_queue_length{controller="machine"} 4',
      'metalwright_machines{phase="Ready"} 2',
      'metalwright_machines_late{reason="LateDhcp"} 1',
      'metalwright_machine_step_seconds_bucket{le="2.5",phase="Deploying",step="Loader",firmware="UEFI"} 1',
      'metalwright_machine_step_seconds_bucket{le="1",phase="Deploying",step="Loader",firmware="UEFI"} 0',
      'metalwright_leader 1',
    ];
    expect(wanted.map(sorted).filter((line) => !seen.includes(line))).toEqual([]);
  });

  it('count a phase when its beginning and its end were seen', () => {
    const meters = new OperatorMeters();
    meters.phase('m1', 'Ready', 0);
    meters.phase('m1', 'Allocated', 10_000);
    meters.phase('m1', 'Allocated', 15_000);
    meters.phase('m1', 'Deploying', 30_000);
    meters.phase('m1', undefined, 90_000);
    const sums = meters.phases.entries().map(([phase, { sum }]) => [phase, sum]);
    expect(sums).toEqual([
      ['Allocated', 20],
      ['Deploying', 60],
    ]);
  });
});

describe('a spread', () => {
  it('puts every value into the bucket of the lowest bound that is not below it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
        const spread = new Spread();
        for (const value of values) spread.observe(value);
        const cumulative = latencyBounds.map((bound) => values.filter((value) => value <= bound).length);
        let sum = 0;
        const counted = [...spread.counts].map((count) => {
          sum += count;
          return sum;
        });
        expect(counted).toEqual([...cumulative, values.length]);
      }),
    );
  });
});

describe('docs/reference/metrics.md', () => {
  it('is what the programs register; else run vitest with -u', async () => {
    const server = createServerMetrics(new ServerMeters(), { version: '1.0.0' });
    const page = renderMetricsReference(rack().registry, operator().registry, server);
    await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/reference/metrics.md'));
  });
});

/** A line with its labels in order. */
function sorted(line: string): string {
  return line.replace(/\{(.*)\}/, (_whole, labels: string) => `{${labels.split(',').sort().join(',')}}`);
}
