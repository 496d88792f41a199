import { Icon } from './icon.tsx';
import styles from './search-box.module.css';

/** A line that filters what is below it, at once. */
export function SearchBox({
  label,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange(text: string): void;
}) {
  return (
    <div className={styles.box}>
      <Icon name="filter" />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  );
}
