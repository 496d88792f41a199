import { join } from 'node:path';
import type { RackMachines } from '../../rack/agent-api/ports.ts';
import type { DhcpSighting } from '../../rack/dhcp4/ports.ts';
import { createBootReports } from '../../rack/reports/boot-reports.ts';
import { deliverReport } from '../../rack/reports/deliver.ts';
import { dhcpStage } from '../../rack/reports/dhcp-stage.ts';
import { createRackMachines } from '../../rack/reports/machines.ts';
import { createOutbox, type Outbox } from '../../rack/reports/outbox.ts';
import { createOutboxFiles } from '../../rack/reports/outbox-files.ts';
import { machineByMac } from '../../rack/world/world.ts';
import type { RackCore } from './core.ts';

/** What the rack tells the cluster of machines; kept on disk until it has arrived. */
export interface Reports {
  outbox: Outbox;
  machines: RackMachines;
  /** Of every offer and acknowledgement by DHCP. */
  seen(sighting: DhcpSighting): void;
}

export async function openReports(core: RackCore): Promise<Reports> {
  const { client, rackName, clock, world, log, config, namespace, events, sightings } = core;
  const files = createOutboxFiles(join(config.stateDirectory, 'outbox'), log);
  const outbox = createOutbox({
    deliver: (machine, entry) => deliverReport(machine, entry, { client, rackName, clock }),
    files,
    initial: await files.load(),
    log,
  });
  const bootReports = createBootReports({ outbox, world });
  return {
    outbox,
    machines: createRackMachines({
      ...{ client, world, bootReports, outbox, events, rackName, namespace, clock },
      autoApprove: config.autoApprove,
    }),
    seen(sighting) {
      sightings.seen(sighting);
      const machine = machineByMac(world, sighting.mac);
      if (machine === undefined || sighting.stage !== 'Ack') return;
      const stage = dhcpStage(machine, sighting.client);
      if (stage === undefined) return;
      const { mac, vlan, subnet, address, architecture } = sighting;
      bootReports.report(machine.metadata.name, {
        generation: machine.status?.boot?.generation ?? 0,
        stage,
        at: new Date(clock.now()).toISOString(),
        ...{ mac, vlan, subnet, address },
        ...(architecture === undefined ? {} : { architecture }),
      });
    },
  };
}
