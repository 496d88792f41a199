import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryRun } from '../../../lab/process/run.ts';
import { type BootFacts, boot } from './boot.ts';
import { type FirmwareRow, firmwareRows } from './matrix.ts';
import { createFirmwareSetting, type Place } from './setting.ts';

/*
 * `node test/integration/firmware/report.ts`, as root: boots every firmware of the matrix once, writes the table of
 * docs/guides/firmware.md from what was seen, and what the firmwares sent to test/fixtures/packets/firmware/.
 */

interface Tried {
  row: FirmwareRow;
  place: Place | 'proxy';
  facts: BootFacts;
}

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'test/fixtures/packets/firmware');
const page = join(root, 'docs/guides/firmware.md');
const packages = [
  'qemu-system-x86',
  'seabios',
  'ovmf',
  'ipxe',
  'ipxe-qemu',
  'isc-dhcp-relay',
  'dnsmasq-base',
];

const versions = await tryRun('dpkg-query', ['-W', '-f', `\${Package} \${Version}\\n`, ...packages]);
const tried: Tried[] = [
  ...(await tryAll(['direct', 'relayed'], 'rack')),
  ...(await tryAll(['direct'], 'dnsmasq')),
];
const text = readFileSync(page, 'utf8');
const table = /<!-- begin: .*? -->\n[\s\S]*?<!-- end -->/.exec(text)?.[0];
if (table === undefined) throw new Error(`no place for the table in ${page}`);
writeFileSync(
  page,
  text.replace(table, () => rendered()),
);
process.exitCode = tried.every(({ row, facts }) => facts.started === row.kernel) ? 0 : 1;

async function tryAll(places: Place[], addresses: 'rack' | 'dnsmasq'): Promise<Tried[]> {
  const cases = firmwareRows
    .flatMap((row) => row.places.map((place) => ({ row, place })))
    .map((one, index) => ({ ...one, mac: `52:54:00:81:01:${(index + 16).toString(16)}` }))
    .filter(({ place }) => places.includes(place));
  const setting = await createFirmwareSetting(
    Object.fromEntries(cases.map(({ mac }, index) => [mac, `node-${index + 1}`])),
    addresses,
  );
  try {
    const results: Tried[] = [];
    for (const { row, place: wired, mac } of cases) {
      const facts = await boot(setting, { ...row, mac, place: wired });
      const place = addresses === 'rack' ? wired : 'proxy';
      results.push({ row, place, facts });
      console.log(row.title, place, facts.started ?? 'FAILED', `${facts.seconds} s`);
      if (row.card === 'virtio-net-pci')
        record(`${row.firmware}-${place}`, row, of(setting.received(), mac, facts));
    }
    return results;
  } finally {
    await setting.close();
  }
}

type Received = { port: number; from: string; bytes: Uint8Array }[];

/** DHCP by the hardware address in it, TFTP by the sender. */
function of(received: Received, mac: string, { address }: BootFacts): Received {
  return received.filter(({ port, from, bytes }) =>
    port === 67 || port === 4011
      ? Buffer.from(bytes.subarray(28, 34)).toString('hex') === mac.replaceAll(':', '')
      : port === 69 && from === address,
  );
}

function record(name: string, row: FirmwareRow, received: Received): void {
  mkdirSync(folder, { recursive: true });
  const head = [
    `# ${row.title}: what the rack received, in order: its port, the sender, the UDP payload.`,
    `# ${versions.stdout.trim().split('\n').join(', ')}; by test/integration/firmware/report.ts.`,
  ];
  const lines = received.map(
    ({ port, from, bytes }) => `${port} ${from} ${Buffer.from(bytes).toString('hex')}`,
  );
  writeFileSync(join(folder, `${name}.packets`), `${[...head, ...lines].join('\n')}\n`);
}

function rendered(): string {
  const cell = (row: FirmwareRow, place: Tried['place']): string => {
    const facts = tried.find((one) => one.row === row && one.place === place)?.facts;
    if (facts === undefined) return '–';
    return facts.started === row.kernel ? 'boots' : 'does not boot';
  };
  const way = (row: FirmwareRow): string => {
    const facts = tried.find((one) => one.row === row && one.place === 'direct')?.facts;
    const loader = row.loader === undefined ? 'its own iPXE' : `\`${row.loader.file}\` by ${row.loader.by}`;
    return `${facts?.clients.join(', then ') ?? '–'} | ${loader}`;
  };
  const date = new Date().toISOString().slice(0, 10);
  return [
    '<!-- begin: written by test/integration/firmware/report.ts -->',
    '| firmware | DHCP takes it for | loader | directly | through a relay | beside another DHCP server |',
    '|---|---|---|---|---|---|',
    ...firmwareRows.map((row) => {
      const cells = (['direct', 'relayed', 'proxy'] as const).map((place) => cell(row, place));
      return `| ${row.title} | ${way(row)} | ${cells.join(' | ')} |`;
    }),
    '',
    `Emulated without KVM on 2 cores, ${date}: ${versions.stdout.trim().split('\n').join(', ')}.`,
    '<!-- end -->',
  ].join('\n');
}
