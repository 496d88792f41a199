import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isSignedOut } from '../api/problem.ts';
import { sessionQuery } from '../api/session.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { BottomBar } from './bottom-bar.tsx';
import { LiveState } from './live-state.tsx';
import { NavLink } from './nav-link.tsx';
import { places } from './navigation.ts';
import { QuickSearch } from './quick-search.tsx';
import styles from './shell.module.css';
import { UserMenu } from './user-menu.tsx';

/** The frame around every page but the one for signing in: navigation, search, and who is signed in. */
export function AppShell() {
  const session = useQuery(sessionQuery);
  if (isSignedOut(session.error)) return <GoSignIn />;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <Link to="/" className={styles.brand} aria-label="Metalwright: overview">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span>Metalwright</span>
        </Link>
        <QuickSearch />
        <div className={styles.right}>
          <LiveState />
          <UserMenu session={session.data} />
        </div>
      </header>
      <nav className={styles.side} aria-label="Main">
        {places.map((place) => (
          <NavLink key={place.to} place={place} />
        ))}
      </nav>
      <main id="content" className={styles.main} tabIndex={-1}>
        {session.error === null ? (
          <Outlet />
        ) : (
          <ProblemNotice error={session.error} onRetry={() => void session.refetch()} />
        )}
      </main>
      <BottomBar />
    </div>
  );
}

/** Goes to where people sign in, once, and remembers where they wanted to. */
function GoSignIn() {
  const navigate = useNavigate();
  useEffect(() => {
    const to = `${location.pathname}${location.search}`;
    void navigate({ to: '/sign-in', search: { to }, replace: true });
  }, [navigate]);
  return undefined;
}
