/** One alert of Prometheus. */
export interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: 'critical' | 'warning' | 'info' };
  annotations: { summary: string; description: string };
}

const alert = (
  name: string,
  severity: Alert['labels']['severity'],
  lasts: string,
  expr: string,
  summary: string,
  description: string,
): Alert => ({
  alert: `Metalwright${name}`,
  expr,
  for: lasts,
  labels: { severity },
  annotations: { summary, description },
});

const rackAlerts: readonly Alert[] = [
  alert(
    'RackServiceDown',
    'critical',
    '5m',
    'metalwright_service_up == 0',
    'A service of a rack does not serve wherever it should',
    '{{ $labels.service }} on {{ $labels.instance }}: kubectl describe rack says why. Machines there may get no address or no boot file.',
  ),
  alert(
    'LeaseDiskFailed',
    'critical',
    '1m',
    'metalwright_dhcp4_lease_disk_failed == 1',
    'A rack cannot write leases',
    '{{ $labels.instance }} acknowledges no new lease until its state directory can be written again.',
  ),
  alert(
    'RangeNearlyFull',
    'warning',
    '15m',
    'sum by (subnet) (metalwright_dhcp4_slice_used_addresses) / sum by (subnet) (metalwright_dhcp4_slice_addresses) > 0.9',
    'A dynamic range is nearly used up',
    '{{ $value | humanizePercentage }} of the addresses of subnet {{ $labels.subnet }} that racks give out are in use.',
  ),
  alert(
    'RackWithoutApiServer',
    'warning',
    '5m',
    'metalwright_world_synced == 0',
    'A rack does not hear the API server',
    '{{ $labels.instance }} serves known machines from its snapshot. New machines and installations wait.',
  ),
  alert(
    'ReportsWait',
    'warning',
    '10m',
    'metalwright_outbox_reports > 0',
    'Reports of a rack do not reach the API server',
    '{{ $value }} reports wait on {{ $labels.instance }}.',
  ),
  alert(
    'SnapshotIsOld',
    'warning',
    '10m',
    'time() - metalwright_snapshot_written_timestamp_seconds > 86400 and metalwright_world_synced == 1',
    'A rack has not written its snapshot for a day',
    '{{ $labels.instance }} would start from an old picture of the world if the API server were away.',
  ),
  alert(
    'PowerFails',
    'warning',
    '10m',
    'sum by (driver) (rate(metalwright_power_operations_total{result!="Succeeded"}[15m])) / sum by (driver) (rate(metalwright_power_operations_total[15m])) > 0.2',
    'Many power orders fail',
    '{{ $value | humanizePercentage }} of the orders by {{ $labels.driver }} in the last quarter of an hour failed.',
  ),
  alert(
    'ImageFetchFails',
    'warning',
    '15m',
    'sum by (instance, reason) (increase(metalwright_image_cache_failures_total[15m])) > 3',
    'A rack cannot fetch images',
    '{{ $labels.instance }}: {{ $labels.reason }}.',
  ),
  alert(
    'HardwareCritical',
    'warning',
    '5m',
    'max by (machine) (metalwright_bmc_health) == 2',
    'The BMC of a machine says that its hardware is critical',
    'kubectl describe machine {{ $labels.machine }} shows what.',
  ),
];

const operatorAlerts: readonly Alert[] = [
  alert(
    'NoLeader',
    'critical',
    '2m',
    'sum(metalwright_leader) == 0 or absent(metalwright_leader)',
    'No operator leads',
    'Nothing is decided: machines stay as they are. Look at the pods of the operator and at the Lease metalwright-operator.',
  ),
  alert(
    'TwoLeaders',
    'critical',
    '1m',
    'sum(metalwright_leader) > 1',
    'Two operators think that they lead',
    'Conditional writes keep them from doing anything twice; the clock of a node, or its way to the API server, is broken.',
  ),
  alert(
    'MachinesLate',
    'warning',
    '10m',
    'sum by (reason) (metalwright_machines_late) > 0',
    'Machines are late on their way',
    '{{ $value }} machines: {{ $labels.reason }}. kubectl get machines -o wide shows them.',
  ),
  alert(
    'MachinesFailed',
    'warning',
    '30m',
    'sum by (phase) (metalwright_machines{phase=~".*Failed|Broken"}) > 0',
    'Machines are in a failed phase',
    '{{ $value }} machines are {{ $labels.phase }}. docs/guides/troubleshooting.md goes by symptom.',
  ),
  alert(
    'ReconcileErrors',
    'warning',
    '15m',
    'sum by (controller) (rate(metalwright_reconciles_total{result="Failed"}[10m])) / sum by (controller) (rate(metalwright_reconciles_total[10m])) > 0.1',
    'A controller fails often',
    'Controller {{ $labels.controller }}: the log of the operator says why.',
  ),
  alert(
    'QueueGrows',
    'warning',
    '15m',
    'metalwright_queue_length > 500',
    'The operator does not keep up',
    '{{ $value }} objects wait for controller {{ $labels.controller }}.',
  ),
  alert(
    'EventLoopLags',
    'warning',
    '10m',
    'nodejs_eventloop_lag_p99_seconds * on (instance) group_left () metalwright_build_info > 1',
    'A program stands still for a second now and then',
    '{{ $labels.instance }} has too little CPU, or too much to do.',
  ),
];

const serverAlerts: readonly Alert[] = [
  alert(
    'WebhookFails',
    'warning',
    '15m',
    'sum by (webhook) (increase(metalwright_webhook_deliveries_total{result!="Delivered"}[30m])) > 0 and sum by (webhook) (increase(metalwright_webhook_deliveries_total{result="Delivered"}[30m])) == 0',
    'A webhook takes nothing',
    '{{ $labels.webhook }} has taken no event for half an hour, and was tried. What cannot be told within 24 hours is not told any more; the log of the server says why.',
  ),
];

/** The `spec` of the chart's PrometheusRule. */
export function alerts(): { groups: { name: string; rules: readonly Alert[] }[] } {
  return {
    groups: [
      { name: 'metalwright-racks', rules: rackAlerts },
      { name: 'metalwright-operator', rules: operatorAlerts },
      { name: 'metalwright-server', rules: serverAlerts },
    ],
  };
}
