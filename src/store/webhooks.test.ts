import { openPglite } from './pglite/pglite.ts';
import { describeWebhookStore } from './testing/webhook-suite.ts';

describeWebhookStore('PGlite', () => openPglite({ statementTimeoutMs: 60_000 }));
