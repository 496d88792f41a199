#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' };
import { checkUrls } from './check.ts';

/** The entrypoint of the container image: one image, several programs. */

const usage = `metalwright ${packageJson.version}

Usage: metalwright PROGRAM

  operator     decides: reconciles every kind
  rack         serves a provisioning network: DHCP, TFTP, HTTP boot, the agent's API, power
  server       the REST API
  mw ...       the command line
  check URL... ends with 0 when every URL answers with 200 within a minute
  check-rack NODE  ends with 0 when the rack of this node offers addresses and boot files, or nobody described its networks
  --version
`;

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  operator: () => import('./operator.ts'),
  rack: () => import('./rack.ts'),
  server: () => import('./server.ts'),
  mw: () => import('./mw.ts'),
  'check-rack': async () => {
    const { checkOwnRack } = await import('./check-rack.ts');
    process.exitCode = (await checkOwnRack(process.argv[2] ?? '')) ? 0 : 1;
  },
  check: async () => {
    process.exitCode = (await checkUrls(process.argv.slice(2))) ? 0 : 1;
  },
};

const [name = 'help'] = process.argv.splice(2, 1);
const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
if (name === '--version' || name === 'version') {
  console.log(packageJson.version);
} else if (program === undefined) {
  console.error(usage);
  process.exitCode = ['help', '--help', '-h'].includes(name) ? 0 : 2;
} else {
  await program();
}
