import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { Inventory, TestRecord } from '../../../../src/api/machine-inventory/schema.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { classes } from '../../components/classes.ts';
import { Facts } from '../../components/facts.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Table } from '../../components/table.tsx';
import { memorySize } from '../../format/size.ts';
import { durationOf } from '../../format/time.ts';
import styles from './grid.module.css';
import { WithInventory } from './with-inventory.tsx';

/** What the agent found when the machine was last commissioned. */
export default function InventoryTab({ machine }: { machine: Machine }) {
  return (
    <WithInventory name={machine.metadata.name}>
      {({ hardware, collectedAt, tests = [] }) => (
        <div className={classes(styles.grid, styles.two)}>
          <SystemCard hardware={hardware} collectedAt={collectedAt} />
          <FirmwareCard hardware={hardware} />
          <div className={styles.wide}>
            <CpuCard hardware={hardware} />
          </div>
          <div className={styles.wide}>
            <MemoryCard hardware={hardware} />
          </div>
          {tests.length === 0 ? undefined : (
            <div className={styles.wide}>
              <TestsCard tests={tests} />
            </div>
          )}
          <div className={styles.wide}>
            <DevicesCard hardware={hardware} />
          </div>
        </div>
      )}
    </WithInventory>
  );
}

interface Of {
  hardware: Inventory;
}

function SystemCard({ hardware: { system, numaNodes }, collectedAt }: Of & { collectedAt: string }) {
  return (
    <Card title="System">
      <Facts
        of={{
          Vendor: system.vendor,
          Product: system.product,
          Version: system.version,
          Serial: system.serial,
          UUID: system.uuid,
          Chassis: system.chassisType,
          Board: [system.boardVendor, system.boardProduct].filter(Boolean).join(' '),
          'NUMA nodes': numaNodes.length,
          Collected: <RelativeTime at={collectedAt} />,
        }}
      />
    </Card>
  );
}

function FirmwareCard({ hardware: { firmware, tpm, gpus, usb } }: Of) {
  return (
    <Card title="Firmware and more">
      <Facts
        of={{
          Mode: firmware.mode,
          Vendor: firmware.vendor,
          Version: firmware.version,
          Date: firmware.date,
          'Secure Boot': firmware.secureBoot === undefined ? undefined : firmware.secureBoot ? 'on' : 'off',
          TPM: tpm?.version,
          GPUs: gpus.map(({ pciAddress, vendor, product }) => (
            <div key={pciAddress}>{[vendor, product].filter(Boolean).join(' ')}</div>
          )),
          USB: usb.map(({ address, vendor, product }) => (
            <div key={address}>{[vendor, product].filter(Boolean).join(' ')}</div>
          )),
        }}
      />
    </Card>
  );
}

function CpuCard({ hardware: { cpus } }: Of) {
  return (
    <Card title="Processors" flush>
      <Table
        label="Processors"
        rows={cpus}
        keyOf={({ socket }) => String(socket)}
        columns={[
          { id: 'socket', title: 'Socket', cell: ({ socket }) => socket },
          { id: 'model', title: 'Model', cell: ({ model, vendor }) => model ?? vendor },
          { id: 'cores', title: 'Cores', figures: true, cell: ({ cores }) => cores },
          { id: 'threads', title: 'Threads', figures: true, cell: ({ threads }) => threads },
          {
            id: 'clock',
            title: 'Clock',
            figures: true,
            cell: ({ maxMHz }) => (maxMHz === undefined ? '' : `${maxMHz / 1000} GHz`),
          },
        ]}
      />
    </Card>
  );
}

function MemoryCard({ hardware: { memory } }: Of) {
  return (
    <Card title={`Memory: ${memorySize(memory.totalMiB)}`} flush>
      <Table
        label="Memory modules"
        rows={memory.dimms}
        keyOf={({ slot }) => slot}
        columns={[
          { id: 'slot', title: 'Slot', cell: ({ slot }) => <strong>{slot}</strong> },
          {
            id: 'size',
            title: 'Size',
            figures: true,
            cell: ({ sizeMiB }) => (sizeMiB === 0 ? 'empty' : memorySize(sizeMiB)),
          },
          { id: 'type', title: 'Type', cell: ({ type }) => type },
          {
            id: 'speed',
            title: 'Speed',
            figures: true,
            cell: ({ speedMHz }) => (speedMHz === undefined ? '' : `${speedMHz} MT/s`),
          },
          {
            id: 'part',
            title: 'Part',
            cell: ({ manufacturer, partNumber }) => [manufacturer, partNumber].filter(Boolean).join(' '),
          },
          { id: 'serial', title: 'Serial', cell: ({ serial }) => serial },
        ]}
      />
    </Card>
  );
}

const testTones: Readonly<Record<TestRecord['outcome'], Tone>> = {
  Passed: 'ok',
  Failed: 'bad',
  Skipped: 'quiet',
};

function TestsCard({ tests }: { tests: readonly TestRecord[] }) {
  return (
    <Card title="Tests" flush>
      <Table
        label="Tests"
        rows={tests}
        keyOf={({ name }) => name}
        columns={[
          { id: 'name', title: 'Test', cell: ({ name }) => <strong>{name}</strong> },
          {
            id: 'outcome',
            title: 'Outcome',
            cell: ({ outcome }) => <Badge tone={testTones[outcome]}>{outcome}</Badge>,
          },
          { id: 'message', title: 'Found', cell: ({ message }) => message },
          { id: 'seconds', title: 'Took', figures: true, cell: ({ seconds }) => durationOf(seconds) },
          { id: 'finished', title: 'When', cell: ({ finishedAt }) => <RelativeTime at={finishedAt} /> },
        ]}
      />
    </Card>
  );
}

function DevicesCard({ hardware: { pci } }: Of) {
  return (
    <Card title={`PCI devices (${pci.length})`} flush>
      <Table
        label="PCI devices"
        rows={pci}
        keyOf={({ address }) => address}
        columns={[
          { id: 'address', title: 'Address', cell: ({ address }) => <code>{address}</code> },
          {
            id: 'device',
            title: 'Device',
            cell: ({ vendor, device, vendorId, deviceId }) =>
              [vendor ?? vendorId, device ?? deviceId].join(' '),
          },
          {
            id: 'ids',
            title: 'Ids',
            cell: ({ vendorId, deviceId }) => <code>{`${vendorId}:${deviceId}`}</code>,
          },
          { id: 'driver', title: 'Driver', cell: ({ driver }) => driver },
        ]}
      />
    </Card>
  );
}
