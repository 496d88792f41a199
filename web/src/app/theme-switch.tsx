import { ToggleGroup } from 'radix-ui';
import { useState } from 'react';
import { Icon, type IconName } from '../components/icon.tsx';
import { chooseTheme, chosenTheme, type Theme, themes } from './theme.ts';
import styles from './theme-switch.module.css';

const looks: Readonly<Record<Theme, { icon: IconName; label: string }>> = {
  system: { icon: 'system', label: 'As the system' },
  light: { icon: 'sun', label: 'Light' },
  dark: { icon: 'moon', label: 'Dark' },
};

/** Light, dark, or as the system is. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <ToggleGroup.Root
      className={styles.group}
      type="single"
      value={theme}
      aria-label="Colours"
      onValueChange={(value) => {
        const chosen = themes.find((each) => each === value);
        if (chosen === undefined) return;
        chooseTheme(chosen);
        setTheme(chosen);
      }}
    >
      {themes.map((each) => (
        <ToggleGroup.Item
          key={each}
          value={each}
          className={styles.item}
          aria-label={looks[each].label}
          title={looks[each].label}
        >
          <Icon name={looks[each].icon} />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
