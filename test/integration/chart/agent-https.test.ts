import { describe, expect, it } from 'vitest';
import { makeHelm, type Values } from './helm.ts';

const helm = makeHelm();

/** What the chart's racks are told of their Secret. */
async function secretsOf(values: Values): Promise<string[]> {
  const objects = await helm.template({ ...values, crds: { enabled: false } });
  const racks = JSON.stringify(objects.filter(({ kind }) => kind === 'DaemonSet'));
  return [...racks.matchAll(/"METALWRIGHT_TLS_SECRET","value":"([^"]*)"/g)].map(([, name = '']) => name);
}

describe('the certificate that agents trust', () => {
  it.each<[string, Values, string[]]>([
    ['is that of the racks', {}, ['mw-metalwright-rack-tls']],
    [
      'is another one where somebody names it',
      { rack: { config: { METALWRIGHT_TLS_SECRET: 'ours' } } },
      ['ours'],
    ],
    ['is none where racks may not read the release’s Secrets', { machineNamespace: 'machines' }, []],
  ])('%s', async (_sentence, values, names) => {
    expect(await secretsOf(values)).toEqual(names);
  });
});
