import { Link } from '@tanstack/react-router';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { Card } from '../../../components/card.tsx';
import { CopyText } from '../../../components/copy-text.tsx';
import { Facts } from '../../../components/facts.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { diskSize, memorySize } from '../../../format/size.ts';
import styles from '../grid.module.css';
import { ConditionsCard } from './conditions-card.tsx';
import { PowerCard } from './power-card.tsx';
import { ProgressCard } from './progress-card.tsx';
import { TroubleCard } from './trouble-card.tsx';

/** All that matters at a glance: what is wrong and what to do, what is under way, who has it, what it is. */
export function SummaryTab({ machine }: { machine: Machine }) {
  return (
    <div className={styles.grid}>
      <TroubleCard machine={machine} />
      <div className={styles.stack}>
        <ProgressCard machine={machine} />
        <PowerCard machine={machine} />
      </div>
      <div className={styles.stack}>
        <AllocationCard machine={machine} />
        <HardwareCard machine={machine} />
      </div>
      <IdentityCard machine={machine} />
      <div className={styles.wide}>
        <ConditionsCard machine={machine} />
      </div>
    </div>
  );
}

function AllocationCard({ machine: { status } }: { machine: Machine }) {
  const held = status?.allocation;
  return (
    <Card title="Allocation">
      {held === undefined ? (
        <p className={styles.quiet}>Nobody holds it.</p>
      ) : (
        <Facts
          of={{
            Name: (
              <Link
                to="/allocations/$namespace/$name"
                params={{ namespace: held.namespace, name: held.name }}
              >
                {held.name}
              </Link>
            ),
            Namespace: held.namespace,
            Addresses: status?.addresses?.map(({ address }) => <CopyText key={address} text={address} />),
          }}
        />
      )}
    </Card>
  );
}

function HardwareCard({ machine: { status } }: { machine: Machine }) {
  const hardware = status?.hardware;
  if (hardware === undefined) {
    return (
      <Card title="Hardware">
        <p className={styles.quiet}>Not known yet: commissioning finds it out.</p>
      </Card>
    );
  }
  const { cores, threads, memoryMiB, nics, disks, firmware } = hardware;
  const bytes = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <Card title="Hardware">
      <Facts
        of={{
          Model: [hardware.vendor, hardware.product].filter((part) => part !== undefined).join(' '),
          Serial: hardware.serial,
          Processor: `${cores} cores, ${threads} threads`,
          Memory: memorySize(memoryMiB),
          Disks: `${disks.length}, ${diskSize(bytes)} together`,
          Interfaces: nics,
          Firmware: firmware,
          'Secure Boot': status?.health?.secureBoot,
        }}
      />
    </Card>
  );
}

function IdentityCard({ machine: { metadata, spec } }: { machine: Machine }) {
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return (
    <Card title="Identity and place">
      <Facts
        of={{
          'MAC addresses': spec.macAddresses.map((mac) => <CopyText key={mac} text={mac} />),
          Architecture: spec.architecture,
          BMC:
            spec.bmc && `${spec.bmc.driver}${'address' in spec.bmc ? `, ${String(spec.bmc.address)}` : ''}`,
          Pool: spec.pool,
          Zone: spec.zone,
          Tags: spec.tags.join(', '),
          Labels: labels.length === 0 ? undefined : labels.map((label) => <div key={label}>{label}</div>),
          'Kernel arguments': spec.kernelArguments && <code>{String(spec.kernelArguments)}</code>,
          Known: <RelativeTime at={metadata.creationTimestamp} />,
        }}
      />
    </Card>
  );
}
