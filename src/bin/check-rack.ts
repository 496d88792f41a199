import { setTimeout as sleep } from 'node:timers/promises';
import { rackKind } from '../api/rack/schema.ts';
import { subnetKind } from '../api/subnet/schema.ts';
import { createKubeClient } from '../kube/client.ts';
import { createLogger } from '../log/logger.ts';
import { askDhcp } from '../rack/check/ask-dhcp.ts';
import { askTftp } from '../rack/check/ask-tftp.ts';
import { checkRack, type Finding } from '../rack/check/check-rack.ts';
import { createSocketFactory } from '../rack/net/socket-factory.ts';
import { ask } from './check.ts';

const longestMs = 60_000;

/** Looks at the rack of this node until nothing of it is wrong, for a minute at most, and says what it found. */
export async function checkOwnRack(name: string, withinMs = longestMs): Promise<boolean> {
  const client = createKubeClient({ kubeconfigPath: process.env.KUBECONFIG });
  const sockets = await createSocketFactory(createLogger('check', 'warn'));
  const until = performance.now() + withinMs;
  const look = () =>
    checkRack(name, {
      rack: () => client.get(rackKind, name),
      subnets: async () => (await client.list(subnetKind)).items,
      fetchProblem: ask,
      askDhcp: (question) => askDhcp(question, sockets),
      askTftp: (question) => askTftp(question, sockets),
    });
  let findings = await look();
  while (findings.some(isFailure) && performance.now() < until) {
    await sleep(2_000);
    findings = await look();
  }
  for (const { verdict, what, why } of findings) {
    console.log(`${verdict.padEnd(7)}  ${what}${why === undefined ? '' : `: ${why}`}`);
  }
  await client.close();
  return !findings.some(isFailure);
}

function isFailure({ verdict }: Finding): boolean {
  return verdict === 'failed';
}
