import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildMw } from '../images/mw/build.ts';
import { readLabEnvironment } from '../lab/environment.ts';
import { requireProgram } from '../lab/process/programs.ts';
import { median } from './lib/figures.ts';
import { startFilled } from './lib/filled.ts';
import { createReport } from './lib/record.ts';
import { makeTokens, startMeasuredServer } from './lib/server.ts';

/*
 * `mw` beside kubectl, as processes, in turns, on one API server: the list of all machines, by the API server and by the REST API, and
 * the start. The number of machines is an
 * argument: `./dev bench cli 500` tries it out.
 */

const size = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 10_000);
const rounds = 7;
const directory = mkdtempSync(join(tmpdir(), 'mw-bench-cli-'));
const report = createReport('cli');
const controlPlane = await startFilled(join(directory, 'control-plane'), size, report.note);
const server = await startMeasuredServer(controlPlane.kubeconfigPath, directory).catch(async (error) => {
  await controlPlane.stop();
  throw error;
});
try {
  const [token = ''] = makeTokens(controlPlane.kubeconfigPath, 1);
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, token);
  const byServer = ['--server', server.url, '--token-file', tokenFile];
  const mw = await buildMw(join(directory, 'mw'));
  const kubectl = requireProgram('kubectl', readLabEnvironment());
  const env = { KUBECONFIG: controlPlane.kubeconfigPath, HOME: directory, PATH: process.env.PATH };
  const measure = (program: string, args: string[], lines: number): number => {
    const start = performance.now();
    const out = execFileSync(program, args, { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
    const ms = performance.now() - start;
    const found = out.split('\n').length - 1;
    if (found < lines) throw new Error(`${program} ${args.join(' ')} says ${found} lines, not ${lines}`);
    return ms;
  };
  const times = {
    list: { mw: [] as number[], kubectl: [] as number[], server: [] as number[] },
    start: { mw: [] as number[], kubectl: [] as number[] },
  };
  for (let round = 0; round < rounds; round += 1) {
    times.list.mw.push(measure(process.execPath, [mw, 'machine', 'list'], size + 1));
    times.list.server.push(measure(process.execPath, [mw, 'machine', 'list', ...byServer], size + 1));
    times.list.kubectl.push(measure(kubectl, ['get', 'machines'], size + 1));
    times.start.mw.push(measure(process.execPath, [mw, 'version'], 1));
    times.start.kubectl.push(measure(kubectl, ['version', '--client'], 1));
  }
  report.add({
    name: 'cli-list',
    what: `list of ${size.toLocaleString('en')} machines as a table, from exec to exit`,
    ours: median(times.list.mw),
    peers: [
      { name: 'kubectl', value: median(times.list.kubectl) },
      { name: 'goal', value: 1_000 },
    ],
    unit: 'ms',
  });
  report.add({
    name: 'cli-list-server',
    what: `the same by the REST API (--server), from exec to exit`,
    ours: median(times.list.server),
    peers: [
      { name: 'kubectl', value: median(times.list.kubectl) },
      { name: 'goal', value: 1_000 },
    ],
    unit: 'ms',
  });
  report.add({
    name: 'cli-start',
    what: '`mw version` and `kubectl version --client`, from exec to exit',
    ours: median(times.start.mw),
    peers: [
      { name: 'kubectl', value: median(times.start.kubectl) },
      { name: 'goal', value: 150 },
    ],
    unit: 'ms',
  });
  report.close();
} finally {
  await server.stop();
  await controlPlane.stop();
  rmSync(directory, { recursive: true, force: true });
}
