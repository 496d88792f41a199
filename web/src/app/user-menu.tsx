import type { Session } from '../api/session.ts';
import { signOut } from '../api/session.ts';
import { Button } from '../components/button.tsx';
import { Popover } from '../components/popover.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import styles from './user-menu.module.css';

/** Who is signed in, the colours, and the way out. */
export function UserMenu({ session }: { session: Session | undefined }) {
  const name = session?.user.name ?? '…';
  return (
    <Popover
      label="You"
      align="end"
      trigger={
        <Button look="plain" icon="user" aria-label={`Signed in as ${name}`}>
          <span className={styles.name}>{shortName(name)}</span>
        </Button>
      }
    >
      <div className={styles.menu}>
        <div>
          <p className={styles.full}>{name}</p>
          <p className={styles.groups}>{session?.user.groups.join(', ')}</p>
        </div>
        <ThemeSwitch />
        <Button
          onClick={() => {
            void signOut().finally(() => location.assign('/sign-in'));
          }}
        >
          Sign out
        </Button>
      </div>
    </Popover>
  );
}

/** `system:serviceaccount:ns:name` is long: its last part is what people know. */
function shortName(name: string): string {
  return name.startsWith('system:') ? (name.split(':').at(-1) ?? name) : name;
}
