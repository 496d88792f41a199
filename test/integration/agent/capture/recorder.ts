/**
 * Runs in the ephemeral OS in place of the agent: takes the inventory, and sends what it read from /sys, /proc and /run to
 * the address on the kernel command line, as a fixture for the unit tests.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCommandLine } from '../../../../src/agent/command-line.ts';
import { systemFiles } from '../../../../src/agent/host/files.ts';
import { endMachine, settleHardware } from '../../../../src/agent/host/machine.ts';
import { runProgram } from '../../../../src/agent/host/programs.ts';
import { collectInventory } from '../../../../src/agent/inventory/collect.ts';
import { createHttpSender } from '../../../../src/agent/rack/http.ts';
import { record } from '../../../../src/agent/testing/recorded-files.ts';

while ((await systemFiles.readText('/run/mw/network')) === undefined) await delay(100);
await settleHardware(runProgram);
const { files, recording } = record(systemFiles);
await collectInventory(files);
const rack = parseCommandLine(readFileSync('/proc/cmdline', 'utf8'))?.rack ?? '';
await createHttpSender()({
  method: 'POST',
  url: `${rack}/recording`,
  body: recording,
  signal: AbortSignal.timeout(30_000),
  silenceMs: 30_000,
});
await endMachine(runProgram, 'PowerOff');
