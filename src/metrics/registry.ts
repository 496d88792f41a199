import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Spread } from './meter.ts';

/** One value and the labels that it is for. */
export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** What is said of every metric. */
export interface MetricDescription {
  /** With the unit at its end, as Prometheus wants it: `metalwright_dhcp4_answer_seconds`. */
  name: string;
  /** One sentence. */
  help: string;
  labels?: readonly string[];
}

/** The metrics of one process. Nothing is counted here: values are read when they are asked for. */
export interface MetricsRegistry {
  /** Something that only grows. */
  counter(metric: MetricDescription, read: () => Iterable<Sample>): void;
  /** Something that rises and falls. */
  gauge(metric: MetricDescription, read: () => Iterable<Sample> | Promise<Iterable<Sample>>): void;
  /** @param read all with the same bounds */
  histogram(
    metric: MetricDescription,
    read: () => Iterable<{ labels?: Record<string, string>; spread: Spread }>,
  ): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
  /** The content type of `text()`. */
  readonly contentType: string;
  /** What there is, for the reference: those of the process itself included. */
  descriptions(): (MetricDescription & { type: string })[];
}

export function createMetricsRegistry(): MetricsRegistry {
  const registry = new Registry();
  const described = new Map<string, MetricDescription>();
  // Also event-loop delay, by `perf_hooks.monitorEventLoopDelay`.
  collectDefaultMetrics({ register: registry });

  const configurationOf = (metric: MetricDescription) => {
    described.set(metric.name, metric);
    const { name, help, labels = [] } = metric;
    return { name, help, labelNames: [...labels], registers: [registry] };
  };

  return {
    contentType: registry.contentType,
    counter(metric, read) {
      const counter = new Counter({
        ...configurationOf(metric),
        collect() {
          counter.reset();
          for (const { labels = {}, value } of read()) counter.inc(labels, value);
        },
      });
    },
    gauge(metric, read) {
      const gauge = new Gauge({
        ...configurationOf(metric),
        async collect() {
          const samples = await read();
          gauge.reset();
          for (const { labels = {}, value } of samples) gauge.set(labels, value);
        },
      });
    },
    histogram(metric, read) {
      new SpreadHistogram(configurationOf(metric), read);
    },
    text: () => registry.metrics(),
    descriptions: () =>
      registry.getMetricsAsArray().map(({ name, help, type }) => ({
        name,
        help,
        type: String(type),
        labels: described.get(name)?.labels ?? [],
      })),
  };
}

/** A histogram that is counted elsewhere. */
class SpreadHistogram extends Histogram {
  /** Tells type and help: asking the parent class would ask this one again. */
  readonly #shell: Histogram;
  readonly #name: string;
  readonly #read: () => Iterable<{ labels?: Record<string, string>; spread: Spread }>;

  constructor(
    configuration: { name: string; help: string; labelNames: string[]; registers: Registry[] },
    read: () => Iterable<{ labels?: Record<string, string>; spread: Spread }>,
  ) {
    super(configuration);
    this.#shell = new Histogram({ ...configuration, registers: [] });
    this.#name = configuration.name;
    this.#read = read;
  }

  /** What the registry asks for when it writes text. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  override async get(): ReturnType<Histogram['get']> {
    const described = await this.#shell.get();
    const name = this.#name;
    const values = [...this.#read()].flatMap(({ labels = {}, spread }) => {
      let count = 0;
      const buckets = [...spread.counts].map((inBucket, index) => {
        count += inBucket;
        const le = spread.bounds[index] ?? '+Inf';
        return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: spread.sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { ...described, values };
  }
}
