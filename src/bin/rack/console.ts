import { createCallerReview } from '../../kube/endpoint/caller-review.ts';
import { bootLogSource } from '../../rack/console/boot-log/source.ts';
import { createConsoles } from '../../rack/console/consoles.ts';
import { libvirtSource } from '../../rack/console/libvirt/source.ts';
import { solSource } from '../../rack/console/sol/source.ts';
import { sourceFor } from '../../rack/console/sources.ts';
import { createConsoleSockets } from '../../rack/console/websocket.ts';
import type { RackCore } from './core.ts';

/** The consoles of machines, for the admin endpoint. */
export function openConsoles({ client, world, rackName, namespace, clock, log: parent }: RackCore) {
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
  return {
    upgrade: sockets.upgrade,
    async stop() {
      sockets.stop();
      await consoles.stop();
    },
  };
}
