import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { ServerMeters } from '../../metrics/server-meters.ts';
import type { HistoryStore } from '../../store/store.ts';
import {
  beginWebhook,
  type Notice,
  noteAllTold,
  noteDelivered,
  noteFailed,
  readNotices,
  type WebhookTopic,
  webhookHours,
} from '../../store/webhooks.ts';
import { cloudEventOf } from './cloud-event.ts';
import { createPoster, type Poster } from './post.ts';
import { signatureHeader, signatureOf } from './signature.ts';

/** Who is told, and of what. */
export interface Webhook {
  /** Under which it is known how far it was told. */
  name: string;
  url: URL;
  /** Each signs. */
  secrets: readonly string[];
  events: readonly WebhookTopic[];
  /** PEM: who signs its certificate. */
  ca?: string | undefined;
}

export interface WebhooksOptions {
  webhooks: readonly Webhook[];
  store: Pick<HistoryStore, 'read' | 'figures'>;
  /** Whether this server is the one that tells. */
  isOurs(): boolean;
  /** A URI: whose events they are. */
  source: string;
  version: string;
  log: Logger;
  timers: Timers;
  clock: Clock;
  /** Default: nothing is counted. */
  meters?: Pick<ServerMeters, 'webhook' | 'told'> | undefined;
  /** Default: over HTTP. */
  posterFor?: ((webhook: Webhook) => Poster) | undefined;
  /** Between two looks, in milliseconds. */
  everyMs?: number | undefined;
}

/** Tells others of what happens, at least once each. */
export interface Webhooks {
  start(): void;
  stop(): Promise<void>;
}

const defaultEveryMs = 2_000;
const batch = 50;
const firstPauseMs = 5_000;
const longestPauseMs = 15 * 60_000;

/** Twice as long after each attempt, up to a quarter of an hour. @param random 0 to 1: not all come at once */
export function pauseAfter(attempts: number, random: number): number {
  const pause = Math.min(firstPauseMs * 2 ** Math.min(attempts - 1, 20), longestPauseMs);
  return Math.round(pause * (0.8 + 0.4 * random));
}

export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { store, isOurs, timers, everyMs = defaultEveryMs } = options;
  const posterFor = options.posterFor ?? (({ url, ca }) => createPoster(url, ca));
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;

  /** Tells one receiver what there is. @returns for how long it is left alone, in milliseconds */
  async function tell(webhook: Webhook, poster: Poster, log: Logger): Promise<number> {
    const { name, events: topics } = webhook;
    // What is still on its way to the database is older than what is there.
    const { pending, spooledBytes } = store.figures();
    const notices = await store.read((database) =>
      readNotices(database, { webhook: name, topics, limit: batch }),
    );
    for (const notice of notices) {
      if (stopping.signal.aborted || !isOurs()) return 0;
      const pauseMs = await tellOne(webhook, poster, log, notice);
      if (pauseMs !== undefined) return pauseMs;
    }
    if (notices.length === batch) return 0;
    if (pending === 0 && spooledBytes === 0) await store.read((database) => noteAllTold(database, name));
    return everyMs;
  }

  /** @returns for how long the receiver is left alone, in milliseconds; undefined: it may be told the next */
  async function tellOne(
    webhook: Webhook,
    poster: Poster,
    log: Logger,
    notice: Notice,
  ): Promise<number | undefined> {
    const { name } = webhook;
    const begun = timers.monotonic();
    const sent = await send(webhook, poster, notice);
    // Whom we left ourselves was not away.
    if (sent.kind === 'Delivered' || !stopping.signal.aborted) {
      options.meters?.told(name, sent.kind, timers.monotonic() - begun);
    }
    if (sent.kind === 'Delivered') {
      await store.read((database) => noteDelivered(database, name, notice));
      return undefined;
    }
    if (stopping.signal.aborted) return 0;
    const { attempts, pauseMs } = await store.read((database) =>
      noteFailed(database, name, notice, (count) => pauseAfter(count, Math.random())),
    );
    log.warn({ event: notice.id, attempts, why: sent.why, againMs: pauseMs }, 'a webhook was not told');
    return sent.kind === 'Away' ? Math.max(sent.retryAfterMs ?? 0, pauseMs) : undefined;
  }

  function send({ secrets }: Webhook, poster: Poster, notice: Notice) {
    const body = JSON.stringify(cloudEventOf(notice, options.source));
    const seconds = Math.floor(options.clock.now() / 1000);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': `metalwright/${options.version}`,
      [signatureHeader]: signatureOf(body, secrets, seconds),
    };
    return poster.post(body, headers, stopping.signal);
  }

  async function serve(webhook: Webhook): Promise<void> {
    const log = options.log.child({ part: 'webhooks', webhook: webhook.name });
    const poster = posterFor(webhook);
    options.meters?.webhook(webhook.name);
    let begun = false;
    let trouble = false;
    while (!stopping.signal.aborted) {
      let waitMs = everyMs;
      try {
        if (isOurs()) {
          if (!begun) await store.read((database) => beginWebhook(database, webhook.name));
          begun = true;
          waitMs = await tell(webhook, poster, log);
        }
        trouble = false;
      } catch (error) {
        if (!trouble)
          log.warn(
            { error: messageOf(error), hours: webhookHours },
            'history cannot be read: a webhook is told later',
          );
        trouble = true;
      }
      await sleep(timers, waitMs, stopping.signal);
    }
    await poster.close();
  }

  return {
    start() {
      running ??= Promise.all(options.webhooks.map(serve));
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
