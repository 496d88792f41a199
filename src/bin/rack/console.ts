import { randomUUID } from 'node:crypto';
import { createCallerReview } from '../../kube/endpoint/caller-review.ts';
import { systemTimers } from '../../kube/timers.ts';
import { bootLogSource } from '../../rack/console/boot-log/source.ts';
import { createConsoles } from '../../rack/console/consoles.ts';
import { libvirtSource } from '../../rack/console/libvirt/source.ts';
import { createRecordedLines } from '../../rack/console/record/recorded-lines.ts';
import { createRecorder } from '../../rack/console/record/recorder.ts';
import { isBooting, listeningRack } from '../../rack/console/record/wanted.ts';
import { solSource } from '../../rack/console/sol/source.ts';
import { sourceFor } from '../../rack/console/sources.ts';
import { createConsoleSockets } from '../../rack/console/websocket.ts';
import type { RackCore } from './core.ts';

/** What machines said, until the server has asked for it: in bytes. */
const mostLineBytes = 16 * 1024 * 1024;

/**
 * The consoles of machines, for the admin endpoint, and what they said.
 *
 * @param isCurrent whether what this rack knows of machines is of now: a stale phase would have it listen to a tenant
 */
export function openConsoles(core: RackCore, isCurrent: () => boolean) {
  const { client, world, liveness, rackName, namespace, clock, config, log: parent } = core;
  const log = parent.child({ part: 'console' });
  const sources = {
    Sol: solSource({ client, namespace, log }),
    Libvirt: libvirtSource({ client, namespace }),
    BootLog: bootLogSource(world.machines),
  };
  const consoles = createConsoles({
    ...{ rackName, clock, log },
    machine: (name) => world.machines.get(name),
    source: (machine, kind) => sourceFor(machine, kind, sources),
  });
  const sockets = createConsoleSockets({ consoles, review: createCallerReview({ client, log }), log });
  const lines = createRecordedLines({ instance: randomUUID(), clock, mostBytes: mostLineBytes });
  const recorder = createRecorder({
    ...{ consoles, lines, log, machines: world.machines, most: config.consoleRecordings },
    ...{ timers: systemTimers },
    wants: (machine) =>
      isCurrent() && isBooting(machine) && listeningRack(machine, liveness.isAlive) === rackName,
  });
  return {
    upgrade: sockets.upgrade,
    lines,
    /** Begins to listen to machines. */
    record(): void {
      if (config.consoleRecordings > 0) recorder.start();
    },
    async stop() {
      recorder.stop();
      sockets.stop();
      await consoles.stop();
    },
  };
}
