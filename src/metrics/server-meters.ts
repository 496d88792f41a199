import { Spreads, Tally } from './meter.ts';
import { joined } from './rack-meters.ts';

/** What came of telling a webhook of an event. */
export const deliveryResults = ['Delivered', 'Refused', 'Away'] as const;
export type DeliveryResult = (typeof deliveryResults)[number];

/** What the server counts. */
export class ServerMeters {
  /** By webhook and result. */
  readonly deliveries = new Tally<string>();
  /** From the request to the answer, in seconds, by webhook. */
  readonly delivery = new Spreads<string>();

  /** A webhook that there is: its counts begin at 0, so that the first failure is seen to be one. */
  webhook(name: string): void {
    for (const result of deliveryResults) this.deliveries.of(joined(name, result));
    this.delivery.of(name);
  }

  told(webhook: string, result: DeliveryResult, ms: number): void {
    this.deliveries.add(joined(webhook, result));
    this.delivery.of(webhook).observe(ms / 1000);
  }
}
