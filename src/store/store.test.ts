import { openPglite } from './pglite/pglite.ts';
import { describeStore } from './testing/store-suite.ts';

describeStore('PGlite', () => openPglite({ statementTimeoutMs: 60_000 }));
