import { useState } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import styles from './bottom-bar.module.css';
import { NavLink } from './nav-link.tsx';
import { places } from './navigation.ts';
import { ThemeSwitch } from './theme-switch.tsx';

/** The navigation of a phone: what is used most at the lower end, the rest in a drawer. */
export function BottomBar() {
  const [open, setOpen] = useState(false);
  return (
    <nav className={styles.bar} aria-label="Main, short">
      {places
        .filter(({ inBar }) => inBar === true)
        .map((place) => (
          <NavLink key={place.to} place={place} />
        ))}
      <button type="button" className={styles.more} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="menu" />
        <span>More</span>
      </button>
      <Dialog open={open} onOpenChange={setOpen} title="More">
        <div className={styles.drawer}>
          {places
            .filter(({ inBar }) => inBar !== true)
            .map((place) => (
              <NavLink key={place.to} place={place} onGo={() => setOpen(false)} />
            ))}
          <ThemeSwitch />
        </div>
      </Dialog>
    </nav>
  );
}
