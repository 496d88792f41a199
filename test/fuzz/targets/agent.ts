import { readFileSync } from 'node:fs';
import { parseCommandLine } from '../../../src/agent/command-line.ts';
import { parseBootEntries, planBootOrder, staleEntries } from '../../../src/agent/install/boot-entries.ts';
import { efiPartition, lastPartition, parsePartitionTable } from '../../../src/agent/install/partitions.ts';
import { memTotalMiB, parseCpuInfo, parseCpuList } from '../../../src/agent/inventory/cpus.ts';
import { decodeHostInterface, redfishHostInterfaces } from '../../../src/agent/inventory/host-interface.ts';
import { decodeLldpFrame } from '../../../src/agent/inventory/lldp/frame.ts';
import { createPcapReader } from '../../../src/agent/inventory/lldp/pcap.ts';
import { decodeSmbios } from '../../../src/agent/inventory/smbios.ts';
import {
  dimmsOf,
  firmwareOf,
  processorSpeedsOf,
  systemOf,
  tpmVersionOf,
} from '../../../src/agent/inventory/smbios-read.ts';
import { parseUdevRecord } from '../../../src/agent/inventory/udev.ts';
import { readMachine, readSession, readTask } from '../../../src/agent/rack/read.ts';
import {
  AgentTaskResult,
  EnlistmentRequest,
  SessionRequest,
  TaskEvent,
} from '../../../src/api/agent/schema.ts';
import { attempt, bytesTarget, must, type Target, textTarget } from '../target.ts';

const recording = JSON.parse(
  readFileSync(new URL('../../../src/agent/testing/fixtures/bios-server.json', import.meta.url), 'utf8'),
);
const recorded = (path: string): string => String(recording.texts[path] ?? '');
const smbios = Uint8Array.from(
  Buffer.from(String(recording.bytes['/sys/firmware/dmi/tables/DMI'] ?? ''), 'base64'),
);

function runSmbios(bytes: Uint8Array): void {
  attempt(() => decodeHostInterface(bytes));
  const structures = attempt(() => decodeSmbios(bytes));
  if (structures === undefined) return;
  must(structures.length * 4 <= bytes.length, 'more structures than bytes');
  firmwareOf(structures);
  systemOf(structures);
  dimmsOf(structures);
  processorSpeedsOf(structures);
  tpmVersionOf(structures);
  attempt(() => redfishHostInterfaces(structures));
}

function runPcap(bytes: Uint8Array): void {
  const reader = createPcapReader();
  const half = Math.floor(bytes.length / 2);
  const packets = attempt(() => [
    ...reader.push(bytes.subarray(0, half)),
    ...reader.push(bytes.subarray(half)),
  ]);
  for (const packet of packets ?? []) attempt(() => decodeLldpFrame(packet));
  attempt(() => decodeLldpFrame(bytes));
}

function runText(text: string): void {
  parseCpuInfo(text);
  must(parseCpuList(text).length <= 65_536, 'more processors than there are');
  memTotalMiB(text);
  parseUdevRecord(text);
  const entries = parseBootEntries(text);
  planBootOrder(entries);
  staleEntries(entries);
  const line = parseCommandLine(text);
  if (line !== undefined) must(/^https?:\/\//.test(line.rack), 'a rack that is no URL');
  const table = attempt(() => parsePartitionTable(text));
  if (table === undefined) return;
  lastPartition(table);
  efiPartition(table);
}

function runJson(text: string): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return;
  }
  for (const schema of [SessionRequest, TaskEvent, AgentTaskResult, EnlistmentRequest])
    schema.safeParse(body);
  for (const read of [readMachine, readSession, readTask]) read({ status: 200, body });
}

const frame = Uint8Array.from([
  ...[1, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc],
  ...[2, 7, 4, 2, 0, 0, 0, 0, 1, 4, 5, 5, ...Buffer.from('eth1'), 6, 2, 0, 120],
  ...[10, 2, 115, 49, 254, 6, 0, 0x80, 0xc2, 1, 0, 9, 0, 0],
]);
const pcap = Buffer.alloc(24 + 16);
pcap.writeUInt32LE(0xa1b2c3d4, 0);
pcap.writeUInt32LE(frame.length, 24 + 8);
pcap.writeUInt32LE(frame.length, 24 + 12);

const json = [
  '"',
  ':',
  ',',
  '{',
  '}',
  '[',
  ']',
  'null',
  'true',
  '-1',
  '1e999',
  '""',
  '"__proto__"',
  '"inventory"',
  '\\ud800',
];
const inventory = {
  macAddresses: ['52:54:00:00:00:01'],
  architecture: 'amd64',
  inventory: { cpus: [], disks: [] },
};

export const agentTargets: readonly Target[] = [
  bytesTarget('smbios', [smbios, smbios.subarray(0, 200)], runSmbios, {
    longest: 8192,
    words: ['\0\0', '\x7f\x04'],
  }),
  bytesTarget('lldp-pcap', [Uint8Array.from([...pcap, ...frame]), frame], runPcap, {
    words: ['\xd4\xc3\xb2\xa1', '\0\0'],
  }),
  textTarget(
    'agent-files',
    [
      recorded('/proc/cpuinfo').slice(0, 1500),
      recorded('/proc/meminfo').slice(0, 300),
      '0-3,8,10-11',
      'S:disk/by-id/ata-X\nE:ID_SERIAL=X\nE:ID_PATH=pci-0000:00:01.0',
      'BootCurrent: 0001\nBootOrder: 0001,0000\nBoot0000* debian\tHD(1)/File(\\EFI)\nBoot0001* UEFI PXEv4\tPciRoot(0x0)/MAC(525400,0)',
      'BOOT_IMAGE=x mw.rack=http://10.0.0.1:7480 mw.token=abc mw.mac=52:54:00:00:00:01 mw.lldp=35',
      '{"partitiontable":{"label":"gpt","partitions":[{"node":"/dev/sda1","start":2048,"size":100,"type":"C12A7328-F81F-11D2-BA4B-00A0C93EC93B"}]}}',
    ],
    runText,
    { words: ['0-65535,', 'Boot', 'mw.', '=', '\n', ...json], longest: 4096 },
  ),
  textTarget(
    'agent-json',
    [
      JSON.stringify({ token: 'a'.repeat(43), macAddresses: ['52:54:00:00:00:01'], nonce: 'b'.repeat(43) }),
      JSON.stringify({ sequence: 1, at: '2026-01-01T00:00:00Z', step: 'Write', percent: 5, message: 'x' }),
      JSON.stringify({
        outcome: 'Failed',
        reason: 'DiskWriteFailed',
        message: 'x',
        inventory: inventory.inventory,
      }),
      JSON.stringify(inventory),
      JSON.stringify({ sessionKey: 'k', machine: 'm', generation: 1, pollSeconds: 2 }),
      JSON.stringify({
        ...{
          id: 'a',
          kind: 'Install',
          osName: 'x',
          rootDisk: { serial: 's' },
          seed: { metaData: '', userData: '' },
        },
        image: { path: '/images/a', sha256: 'a'.repeat(64), sizeBytes: 1, format: 'Raw' },
      }),
    ],
    runJson,
    { words: json },
  ),
];
