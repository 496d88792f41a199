import type { Spread, Spreads, Tally } from './meter.ts';
import { type RackMeters, split } from './rack-meters.ts';
import { createMetricsRegistry, type MetricsRegistry, type Sample } from './registry.ts';

/** What is looked at only when somebody asks for metrics. */
export interface RackGauges {
  version: string;
  /** By subnet and state; the states of a closed list. Live ones only. */
  leases(): Promise<Iterable<{ subnet: string; state: string; count: number }>>;
  /** Dynamic ranges of this rack's slices: addresses, and how many of them are in use. */
  slices(): Iterable<{ subnet: string; addresses: number; used: number }>;
  imageCache(): { bytes: number; limitBytes: number; files: number };
  services(): Iterable<{ name: string; up: boolean }>;
  /** Whether all caches are as the API server says. */
  worldSynced(): boolean;
  /** Milliseconds since the epoch; undefined: not yet. */
  snapshotWrittenAt(): number | undefined;
  /** Reports that wait for the API server. */
  outbox(): number;
  leaseDiskFailed(): boolean;
}

/** Makes metrics of what a rack counts and of what it is. */
export function createRackMetrics(meters: RackMeters, gauges: RackGauges): MetricsRegistry {
  const registry = createMetricsRegistry();
  registerDhcp4(registry, meters);
  registerFiles(registry, meters);
  registerPower(registry, meters);
  registerHealth(registry, meters);
  registerState(registry, gauges);
  return registry;
}

function registerDhcp4(registry: MetricsRegistry, meters: RackMeters): void {
  registry.counter(
    {
      name: 'metalwright_dhcp4_received_total',
      help: 'DHCPv4 messages that came in, by message type.',
      labels: ['type'],
    },
    () => tallied(meters.dhcp4Received, ['type']),
  );
  registry.counter(
    {
      name: 'metalwright_dhcp4_malformed_total',
      help: 'Datagrams on the DHCP port that are no DHCPv4 message.',
    },
    () => [{ value: meters.dhcp4Malformed.value }],
  );
  registry.counter(
    {
      name: 'metalwright_dhcp4_sent_total',
      help: 'DHCPv4 messages that went out, by message type.',
      labels: ['type'],
    },
    () => tallied(meters.dhcp4Sent, ['type']),
  );
  registry.counter(
    {
      name: 'metalwright_dhcp4_refused_total',
      help: 'DHCPv4 messages that got no answer, by reason.',
      labels: ['reason'],
    },
    () => tallied(meters.dhcp4Refused, ['reason']),
  );
  registry.counter(
    {
      name: 'metalwright_dhcp4_unsent_options_total',
      help: 'DHCPv4 options that were left out of an answer: invalid as they are set, or no room in the message.',
      labels: ['reason'],
    },
    () => tallied(meters.dhcp4Unsent, ['reason']),
  );
  registry.histogram(
    {
      name: 'metalwright_dhcp4_answer_seconds',
      help: 'From a DHCPv4 message to its answer, the disk included, by type of the answer.',
      labels: ['type'],
    },
    () => spreads(meters.dhcp4Answers, 'type'),
  );
}

function registerFiles(registry: MetricsRegistry, meters: RackMeters): void {
  registry.counter(
    {
      name: 'metalwright_tftp_transfers_total',
      help: 'TFTP transfers that ended, by outcome.',
      labels: ['outcome'],
    },
    () => tallied(meters.tftpTransfers, ['outcome']),
  );
  registry.counter(
    {
      name: 'metalwright_tftp_refused_total',
      help: 'TFTP requests that got no transfer, by reason.',
      labels: ['reason'],
    },
    () => tallied(meters.tftpRefused, ['reason']),
  );
  registry.counter(
    { name: 'metalwright_tftp_sent_bytes_total', help: 'Bytes of files that TFTP sent whole.' },
    () => [{ value: meters.tftpBytes.value }],
  );
  registry.histogram(
    { name: 'metalwright_tftp_transfer_seconds', help: 'How long whole TFTP transfers took.' },
    () => [{ spread: meters.tftpTransfer }],
  );
  registry.counter(
    {
      name: 'metalwright_http_requests_total',
      help: 'HTTP requests that were answered, by route, method and status.',
      labels: ['route', 'method', 'code'],
    },
    () => tallied(meters.httpRequests, ['route', 'method', 'code']),
  );
  registry.counter(
    {
      name: 'metalwright_http_refused_total',
      help: 'Connections to the HTTP side that brought no request, by reason.',
      labels: ['reason'],
    },
    () => tallied(meters.httpRefused, ['reason']),
  );
  registry.counter(
    {
      name: 'metalwright_http_sent_bytes_total',
      help: 'Bytes of bodies that HTTP sent, by route.',
      labels: ['route'],
    },
    () => tallied(meters.httpBytes, ['route']),
  );
  registry.histogram(
    {
      name: 'metalwright_http_request_seconds',
      help: 'From the headers of a request to the last byte of its answer, by route.',
      labels: ['route'],
    },
    () => spreads(meters.httpRequest, 'route'),
  );
  registry.counter(
    {
      name: 'metalwright_image_cache_lookups_total',
      help: 'Requests for images, by whether the cache held them.',
      labels: ['result'],
    },
    () => tallied(meters.imageLookups, ['result']),
  );
  registry.counter(
    {
      name: 'metalwright_image_cache_fetched_bytes_total',
      help: 'Bytes of images that came to the cache, by where they came from: another rack, or the origin.',
      labels: ['from'],
    },
    () => tallied(meters.imageBytes, ['from']),
  );
  registry.counter(
    {
      name: 'metalwright_image_cache_failures_total',
      help: 'Transfers to the cache that brought no image, by reason.',
      labels: ['reason'],
    },
    () => tallied(meters.imageFailures, ['reason']),
  );
  registry.counter(
    {
      name: 'metalwright_image_cache_evicted_bytes_total',
      help: 'Bytes of images that made room for others.',
    },
    () => [{ value: meters.imageEvicted.value }],
  );
}

function registerPower(registry: MetricsRegistry, meters: RackMeters): void {
  registry.counter(
    {
      name: 'metalwright_power_operations_total',
      help: 'Power requests that were carried out, by driver, action and result.',
      labels: ['driver', 'action', 'result'],
    },
    () => tallied(meters.powerOperations, ['driver', 'action', 'result']),
  );
  registry.histogram(
    {
      name: 'metalwright_power_operation_seconds',
      help: 'How long power requests took, by driver.',
      labels: ['driver'],
    },
    () => spreads(meters.powerOperation, 'driver'),
  );
}

const healthValues: Readonly<Record<string, number>> = { OK: 0, Warning: 1, Critical: 2 };

function registerHealth(registry: MetricsRegistry, meters: RackMeters): void {
  registry.gauge(
    {
      name: 'metalwright_bmc_sensor',
      help: 'What a sensor of a machine reads, in the unit of its label, as its BMC last said.',
      labels: ['machine', 'sensor', 'kind', 'unit'],
    },
    () =>
      [...meters.health].flatMap(([machine, { sensors }]) =>
        sensors.map(({ name, kind, unit, value }) => ({
          labels: { machine, sensor: name, kind, unit },
          value,
        })),
      ),
  );
  registry.gauge(
    {
      name: 'metalwright_bmc_health',
      help: 'What the BMC says of its machine: 0 OK, 1 Warning, 2 Critical. Absent where it says nothing.',
      labels: ['machine'],
    },
    () =>
      [...meters.health].flatMap(([machine, { overall }]) => {
        const value = healthValues[overall];
        return value === undefined ? [] : [{ labels: { machine }, value }];
      }),
  );
  registry.counter(
    {
      name: 'metalwright_bmc_health_looks_total',
      help: 'Looks at the health of machines through their BMCs, by result.',
      labels: ['result'],
    },
    () => tallied(meters.healthLooks, ['result']),
  );
  registry.counter(
    {
      name: 'metalwright_bmc_log_entries_total',
      help: 'Entries that came new into the event logs of BMCs, by severity.',
      labels: ['severity'],
    },
    () => tallied(meters.bmcLogEntries, ['severity']),
  );
}

function registerState(registry: MetricsRegistry, gauges: RackGauges): void {
  registry.gauge(
    {
      name: 'metalwright_dhcp4_leases',
      help: 'Addresses of dynamic ranges that are held, by subnet and state.',
      labels: ['subnet', 'state'],
    },
    async () => [...(await gauges.leases())].map(({ count, ...labels }) => ({ labels, value: count })),
  );
  registry.gauge(
    {
      name: 'metalwright_dhcp4_slice_addresses',
      help: 'Addresses of dynamic ranges that this rack gives out, by subnet.',
      labels: ['subnet'],
    },
    () => [...gauges.slices()].map(({ subnet, addresses }) => ({ labels: { subnet }, value: addresses })),
  );
  registry.gauge(
    {
      name: 'metalwright_dhcp4_slice_used_addresses',
      help: 'Addresses of dynamic ranges that this rack gives out and that are in use, by subnet.',
      labels: ['subnet'],
    },
    () => [...gauges.slices()].map(({ subnet, used }) => ({ labels: { subnet }, value: used })),
  );
  registry.gauge(
    {
      name: 'metalwright_dhcp4_lease_disk_failed',
      help: '1 while leases cannot be written to the disk: no new ones are acknowledged.',
    },
    () => [one(gauges.leaseDiskFailed())],
  );
  registry.gauge({ name: 'metalwright_image_cache_bytes', help: 'Bytes of images that are held.' }, () => [
    { value: gauges.imageCache().bytes },
  ]);
  registry.gauge(
    { name: 'metalwright_image_cache_limit_bytes', help: 'Bytes of images that may be held.' },
    () => [{ value: gauges.imageCache().limitBytes }],
  );
  registry.gauge({ name: 'metalwright_image_cache_files', help: 'Images that are held.' }, () => [
    { value: gauges.imageCache().files },
  ]);
  registry.gauge(
    {
      name: 'metalwright_service_up',
      help: '1 when a service serves wherever it should.',
      labels: ['service'],
    },
    () => [...gauges.services()].map(({ name, up }) => ({ labels: { service: name }, ...one(up) })),
  );
  registry.gauge(
    {
      name: 'metalwright_world_synced',
      help: '1 when the API server was heard; 0 while the rack serves from its snapshot.',
    },
    () => [one(gauges.worldSynced())],
  );
  registry.gauge(
    {
      name: 'metalwright_snapshot_written_timestamp_seconds',
      help: 'When the snapshot of the world was last written.',
    },
    () => {
      const at = gauges.snapshotWrittenAt();
      return at === undefined ? [] : [{ value: at / 1000 }];
    },
  );
  registry.gauge(
    { name: 'metalwright_outbox_reports', help: 'Reports that wait for the API server.' },
    () => [{ value: gauges.outbox() }],
  );
  registry.gauge(
    { name: 'metalwright_build_info', help: '1, with the version of the program.', labels: ['version'] },
    () => [{ labels: { version: gauges.version }, value: 1 }],
  );
}

function one(isTrue: boolean): Sample {
  return { value: isTrue ? 1 : 0 };
}

function tallied(tally: Tally<string>, names: readonly string[]): Sample[] {
  return tally.entries().map(([word, value]) => ({ labels: split(word, names), value }));
}

function spreads(all: Spreads<string>, label: string): { labels: Record<string, string>; spread: Spread }[] {
  return all.entries().map(([word, spread]) => ({ labels: { [label]: word }, spread }));
}
