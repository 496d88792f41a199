import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { machineFailure } from '../../../lab/demo/describe.ts';
import { type Lab, labUp } from '../../../lab/lab.ts';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { readPidFile, tail } from '../../../lab/process/daemon.ts';
import { poll } from '../../../lab/process/poll.ts';
import { isAlive } from '../../../lab/process/proc-stat.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import { type Collector, startCollector } from './collector.ts';
import { type Eavesdropper, eavesdrop } from './eavesdropper.ts';
import { createFigures, type Figures } from './figures.ts';
import { listenToPower, type PowerEvents } from './power-events.ts';
import { startWitness, type Witness } from './witness.ts';

/** A laboratory with one machine of each firmware, and everybody who watches it. */
export interface Setting {
  lab: Lab;
  bios: LabMachine;
  uefi: LabMachine;
  witness: Witness;
  power: PowerEvents;
  eavesdropper: Eavesdropper;
  collector: Collector;
  figures: Figures;
  /** The Machine that has this virtual machine's MAC address. */
  machineOf(machine: LabMachine): Machine | undefined;
  /** Waits for a Machine of which `done` holds; throws at once when it fails on the way. */
  machineIs(
    machine: LabMachine,
    what: string,
    done: (machine: Machine) => boolean,
    timeoutMs: number,
  ): Promise<Machine>;
  /** SIGKILL, as a node that loses its power would do to it, and a new start at once. */
  killOperator(): Promise<void>;
  /** Serves bytes over HTTP on the loopback; answers the URL. */
  serve(name: string, content: Uint8Array): string;
  consoleOf(machine: LabMachine): string;
  logOf(program: 'operator' | 'rack'): string;
  down(): Promise<void>;
}

/** A sign of life comes every ten seconds; a real machine is given two minutes. */
const timeouts = { METALWRIGHT_TIMEOUT_AGENT_SILENCE: '45' };

export async function startSetting(): Promise<Setting> {
  const figures = createFigures();
  const collector = await startCollector();
  Object.assign(process.env, timeouts, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const begun = performance.now();
  const lab = await labUp({
    instance: 'e2e',
    lifetime: 'parent',
    machines: [
      { name: 'bios-1', firmware: 'bios', bmc: 'ipmi' },
      { name: 'uefi-1', firmware: 'uefi', bmc: 'redfish' },
    ],
  });
  figures.note('laboratory up', performance.now() - begun);
  const witness = await startWitness(lab.kubeconfigPath);
  const power = await listenToPower();
  const eavesdropper = await eavesdrop(lab.instance.bridge, lab.instance.rackHttpPort);
  const files = new Map<string, Uint8Array>();
  const web = await startWeb(files);

  const machineOf = (machine: LabMachine): Machine | undefined =>
    witness.machines.list().find(({ spec }) => spec.macAddresses.includes(machine.mac));
  const consoleOf = (machine: LabMachine): string => readFileSync(machine.consolePath, 'latin1');

  return {
    lab,
    bios: lab.machine('bios-1'),
    uefi: lab.machine('uefi-1'),
    witness,
    power,
    eavesdropper,
    collector,
    figures,
    machineOf,
    machineIs(machine, what, done, timeoutMs) {
      const probe = () => {
        const found = machineOf(machine);
        if (found === undefined) return undefined;
        if (done(found)) return found;
        const failure = machineFailure(found);
        if (failure !== undefined) throw new Error(`before ${machine.name} was ${what}: ${failure}`);
        return undefined;
      };
      const report = () => {
        const { phase, step, conditions } = machineOf(machine)?.status ?? {};
        const said = tail(machine.consolePath, 5);
        return `${machine.name} ${what}; it is ${JSON.stringify({ phase, step, conditions })}; its console: ${said}`;
      };
      return witness.until(report, probe, timeoutMs);
    },
    async killOperator() {
      const identity = readPidFile(lab.instance.directory, 'operator');
      if (identity === undefined) throw new Error('the operator does not run');
      process.kill(identity.pid, 'SIGKILL');
      const gone = () => (isAlive(identity) ? undefined : true);
      await poll(gone, { what: 'the operator to be gone', timeoutMs: 5_000 });
      lab.startProgram('operator');
    },
    serve(name, content) {
      files.set(`/${name}`, content);
      return `${web.url}/${name}`;
    },
    consoleOf,
    logOf: (program) => readFileSync(join(lab.instance.directory, `${program}.log`), 'utf8'),
    async down() {
      power.stop();
      eavesdropper.stop();
      web.server.close();
      web.server.closeAllConnections();
      await witness.stop();
      await lab.down();
      collector.stop();
    },
  };
}

async function startWeb(files: ReadonlyMap<string, Uint8Array>): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const content = files.get(request.url ?? '');
    response.writeHead(content === undefined ? 404 : 200, { 'content-length': content?.length ?? 0 });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}
