import { Link } from '@tanstack/react-router';
import { Icon } from '../components/icon.tsx';
import styles from './nav-link.module.css';
import type { Place } from './navigation.ts';

/** One place of the navigation; the present one is marked. */
export function NavLink({ place, onGo }: { place: Place; onGo?: () => void }) {
  return (
    <Link
      to={place.to}
      className={styles.link}
      activeOptions={{ includeSearch: false, exact: place.to === '/' }}
      activeProps={{ 'data-here': true }}
      {...(onGo === undefined ? {} : { onClick: onGo })}
    >
      <Icon name={place.icon} />
      <span>{place.label}</span>
    </Link>
  );
}
