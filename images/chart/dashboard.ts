/** A panel: a title, a unit of Grafana, and queries with their legends. */
type Row = readonly [
  title: string,
  unit: string,
  ...queries: readonly (readonly [expr: string, legend: string])[],
];

const sections: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    'Machines',
    [
      ['Machines by phase', 'short', ['sum by (phase) (metalwright_machines)', '{{phase}}']],
      ['Late', 'short', ['sum by (reason) (metalwright_machines_late)', '{{reason}}']],
      [
        'Time in a phase, 90 of 100 stay below',
        's',
        [
          'histogram_quantile(0.9, sum by (le, phase) (rate(metalwright_machine_phase_seconds_bucket[1h])))',
          '{{phase}}',
        ],
      ],
      [
        'Steps of boots, 90 of 100 stay below',
        's',
        [
          'histogram_quantile(0.9, sum by (le, step) (rate(metalwright_machine_step_seconds_bucket[1h])))',
          '{{step}}',
        ],
      ],
      [
        'Power orders',
        'ops',
        [
          'sum by (driver, result) (rate(metalwright_power_operations_total[$__rate_interval]))',
          '{{driver}} {{result}}',
        ],
      ],
      [
        'Hardware: 1 Warning, 2 Critical',
        'short',
        ['max by (machine) (metalwright_bmc_health) > 0', '{{machine}}'],
      ],
    ],
  ],
  [
    'Racks',
    [
      ['Services', 'short', ['metalwright_service_up', '{{instance}} {{service}}']],
      [
        'DHCP messages',
        'ops',
        ['sum by (type) (rate(metalwright_dhcp4_received_total[$__rate_interval]))', '{{type}} in'],
        ['sum by (type) (rate(metalwright_dhcp4_sent_total[$__rate_interval]))', '{{type}} out'],
        ['sum by (reason) (rate(metalwright_dhcp4_refused_total[$__rate_interval]))', 'refused: {{reason}}'],
      ],
      [
        'DHCP answers, 99 of 100 within',
        's',
        [
          'histogram_quantile(0.99, sum by (le, type) (rate(metalwright_dhcp4_answer_seconds_bucket[$__rate_interval])))',
          '{{type}}',
        ],
      ],
      [
        'Dynamic ranges in use',
        'percentunit',
        [
          'sum by (subnet) (metalwright_dhcp4_slice_used_addresses) / sum by (subnet) (metalwright_dhcp4_slice_addresses)',
          '{{subnet}}',
        ],
      ],
      [
        'HTTP, bytes sent',
        'Bps',
        [
          'sum by (instance, route) (rate(metalwright_http_sent_bytes_total[$__rate_interval]))',
          '{{instance}} {{route}}',
        ],
      ],
      [
        'TFTP transfers',
        'ops',
        ['sum by (outcome) (rate(metalwright_tftp_transfers_total[$__rate_interval]))', '{{outcome}}'],
      ],
      [
        'Image cache',
        'bytes',
        ['metalwright_image_cache_bytes', '{{instance}} held'],
        ['metalwright_image_cache_limit_bytes', '{{instance}} limit'],
      ],
      ['Reports that wait', 'short', ['metalwright_outbox_reports', '{{instance}}']],
    ],
  ],
  [
    'Operator',
    [
      ['Leader', 'short', ['metalwright_leader', '{{instance}}']],
      [
        'Reconciles',
        'ops',
        [
          'sum by (controller, result) (rate(metalwright_reconciles_total[$__rate_interval]))',
          '{{controller}} {{result}}',
        ],
      ],
      ['Queues', 'short', ['metalwright_queue_length', '{{controller}}']],
      ['Event loop, 99 of 100 delays below', 's', ['nodejs_eventloop_lag_p99_seconds', '{{instance}}']],
      ['Memory', 'bytes', ['process_resident_memory_bytes', '{{instance}}']],
      ['CPU', 'short', ['rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}}']],
    ],
  ],
];

const datasource = { type: 'prometheus', uid: `$\{datasource}` };
const height = 8;
const width = 12;

/** The Grafana dashboard of the chart (dashboard schema 39). */
export function dashboard() {
  let y = 0;
  let id = 0;
  const panels = sections.flatMap(([title, rows]) => {
    const heading = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
    };
    const charts = rows.map(([name, unit, ...queries], index) => ({
      id: ++id,
      type: 'timeseries',
      title: name,
      datasource,
      gridPos: { x: (index % 2) * width, y: y + Math.floor(index / 2) * height, w: width, h: height },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: queries.map(([expr, legendFormat], at) => ({
        refId: String.fromCharCode(65 + at),
        datasource,
        expr,
        legendFormat,
      })),
    }));
    y += Math.ceil(rows.length / 2) * height;
    return [heading, ...charts];
  });
  return {
    uid: 'metalwright',
    title: 'Metalwright',
    tags: ['metalwright'],
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }],
    },
    panels,
  };
}
