import { Button, IconButton } from '../../components/button.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import styles from './allocate.module.css';
import type { DiskRow, FieldErrors } from './form.ts';

const newRow: DiskRow = { count: '1', size: '', kind: '' };

/** The disks that the machine must have, a row for each sort. */
export function Disks({
  rows,
  errors,
  onChange,
}: {
  rows: readonly DiskRow[];
  errors: FieldErrors;
  onChange(rows: readonly DiskRow[]): void;
}) {
  const change = (at: number, part: Partial<DiskRow>): void =>
    onChange(rows.map((row, each) => (each === at ? { ...row, ...part } : row)));
  return (
    <fieldset className={styles.disks}>
      <legend>Disks</legend>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
        <div key={at} className={styles.disk}>
          <TextField
            label="How many"
            inputMode="numeric"
            value={row.count}
            onChange={({ target }) => change(at, { count: target.value })}
          />
          <TextField
            label="At least"
            placeholder="480 GB"
            value={row.size}
            error={errors[`disks.${at}`]}
            onChange={({ target }) => change(at, { size: target.value })}
          />
          <SelectField
            label="Kind"
            value={row.kind}
            onChange={({ target }) => change(at, { kind: kindOf(target.value) })}
          >
            <option value="">Any</option>
            <option>NVMe</option>
            <option>SSD</option>
            <option>HDD</option>
          </SelectField>
          <IconButton
            label={`Remove disk ${at + 1}`}
            icon="trash"
            onClick={() => onChange(rows.toSpliced(at, 1))}
          />
        </div>
      ))}
      <Button size="small" icon="allocate" onClick={() => onChange([...rows, newRow])}>
        Add a disk
      </Button>
    </fieldset>
  );
}

function kindOf(text: string): DiskRow['kind'] {
  return text === 'NVMe' || text === 'SSD' || text === 'HDD' ? text : '';
}
