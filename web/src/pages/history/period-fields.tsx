import { SelectField, TextField } from '../../components/field.tsx';
import { type PeriodSearch, periods } from './period.ts';

/** Which time is shown: up to now, between two moments, or all. */
export function PeriodFields({
  search: { period = '', from = '', to = '' },
  onChange,
}: {
  search: PeriodSearch;
  /** What changed; an empty text takes it out of the address. */
  onChange(changed: Record<string, string>): void;
}) {
  return (
    <>
      <SelectField label="Time" value={period} onChange={({ target }) => onChange({ period: target.value })}>
        <option value="">All time</option>
        {Object.entries(periods).map(([word, { title }]) => (
          <option key={word} value={word}>
            {title}
          </option>
        ))}
        <option value="between">Between…</option>
      </SelectField>
      {period !== 'between' ? undefined : (
        <>
          <TextField
            label="From"
            type="datetime-local"
            value={from}
            onChange={({ target }) => onChange({ from: target.value })}
          />
          <TextField
            label="To"
            type="datetime-local"
            value={to}
            onChange={({ target }) => onChange({ to: target.value })}
          />
        </>
      )}
    </>
  );
}
