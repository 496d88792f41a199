import { split } from './rack-meters.ts';
import { createMetricsRegistry, type MetricsRegistry } from './registry.ts';
import type { ServerMeters } from './server-meters.ts';

/** Makes metrics of what the server counts and of what it is. */
export function createServerMetrics(meters: ServerMeters, { version }: { version: string }): MetricsRegistry {
  const registry = createMetricsRegistry();
  registry.counter(
    {
      name: 'metalwright_webhook_deliveries_total',
      help: 'Attempts to tell a webhook of an event, by webhook and result: Delivered, Refused (it does not want this one) or Away.',
      labels: ['webhook', 'result'],
    },
    () =>
      meters.deliveries
        .entries()
        .map(([word, value]) => ({ labels: split(word, ['webhook', 'result']), value })),
  );
  registry.histogram(
    {
      name: 'metalwright_webhook_delivery_seconds',
      help: 'How long attempts to tell a webhook took, by webhook.',
      labels: ['webhook'],
    },
    () => meters.delivery.entries().map(([webhook, spread]) => ({ labels: { webhook }, spread })),
  );
  registry.gauge(
    { name: 'metalwright_build_info', help: '1, with the version of the program.', labels: ['version'] },
    () => [{ labels: { version }, value: 1 }],
  );
  return registry;
}
