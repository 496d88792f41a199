import { useMutation, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { signInWithToken } from '../../api/session.ts';
import { providerAddress, signInMethodsQuery, signInProblem } from '../../api/sign-in-methods.ts';
import { ThemeSwitch } from '../../app/theme-switch.tsx';
import { Button } from '../../components/button.tsx';
import { AnchorButton } from '../../components/button-link.tsx';
import { TextField } from '../../components/field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import styles from './page.module.css';
import { returnPath } from './return-path.ts';

export function SignInPage() {
  const { to, problem } = useSearch({ from: '/sign-in' });
  const [token, setToken] = useState('');
  const { data } = useQuery(signInMethodsQuery);
  const providers = (data?.methods ?? []).flatMap(({ title, path }) =>
    path === undefined ? [] : [{ title, path }],
  );
  const signIn = useMutation({
    mutationFn: () => signInWithToken(token.trim()),
    // From the start, so that nothing of another user is left in this page.
    onSuccess: () => location.assign(returnPath(to)),
  });
  useEffect(() => {
    document.title = 'Sign in · Metalwright';
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <header className={styles.head}>
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <h1>Metalwright</h1>
        </header>
        {problem === undefined || !signIn.isIdle ? undefined : (
          <ProblemNotice error={signInProblem(problem)} />
        )}
        {providers.length === 0 ? undefined : (
          <div className={styles.form}>
            {providers.map(({ title, path }) => (
              <AnchorButton key={path} href={providerAddress(path, returnPath(to))} look="primary">
                {title}
              </AnchorButton>
            ))}
            <p className={styles.or}>or</p>
          </div>
        )}
        <form className={styles.form} onSubmit={submit}>
          <TextField
            label="Token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
            hint={
              <>
                Of a service account, for one: <code>kubectl create token NAME</code>
              </>
            }
          />
          {signIn.error === null ? undefined : <ProblemNotice error={signIn.error} />}
          <Button
            type="submit"
            look={providers.length === 0 ? 'primary' : 'normal'}
            busy={signIn.isPending || signIn.isSuccess}
          >
            Sign in
          </Button>
        </form>
        <footer className={styles.foot}>
          <p>You have the rights here that Kubernetes gives you.</p>
          <ThemeSwitch />
        </footer>
      </div>
    </main>
  );
}
