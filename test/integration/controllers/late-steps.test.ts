import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { describeLateSteps, stallable } from './late-steps.ts';

describeLateSteps('in memory', stallable, async () => ({ client: createMemoryClient(), async stop() {} }));
