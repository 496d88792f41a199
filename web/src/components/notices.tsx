import { Toast as Parts } from 'radix-ui';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { problemOf } from '../api/problem.ts';
import type { Tone } from './badge.tsx';
import { IconButton } from './button.tsx';
import { classes } from './classes.ts';
import styles from './notices.module.css';

/** A short word to the user about something that happened; it goes by itself. */
export interface Notice {
  tone: Extract<Tone, 'ok' | 'bad' | 'busy'>;
  title: string;
  text?: string | undefined;
}

interface Shown extends Notice {
  id: number;
}

const NoticesContext = createContext<(notice: Notice) => void>(() => undefined);

/** The most that are shown at once; the oldest go first. */
const most = 4;

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [{ shown }, setShown] = useState<{ next: number; shown: Shown[] }>({ next: 1, shown: [] });
  const notify = useCallback((notice: Notice) => {
    setShown(({ next, shown: before }) => ({
      next: next + 1,
      shown: [...before, { ...notice, id: next }].slice(-most),
    }));
  }, []);
  const close = (id: number): void =>
    setShown(({ next, shown: before }) => ({ next, shown: before.filter((each) => each.id !== id) }));
  return (
    <NoticesContext value={notify}>
      <Parts.Provider duration={6000} swipeDirection="right" label="Notices">
        {children}
        {shown.map(({ id, tone, title, text }) => (
          <Parts.Root
            key={id}
            className={classes(styles.notice, styles[tone])}
            duration={tone === 'bad' ? 12_000 : 6000}
            onOpenChange={(open) => {
              if (!open) close(id);
            }}
          >
            <div>
              <Parts.Title className={styles.title}>{title}</Parts.Title>
              {text === undefined ? undefined : (
                <Parts.Description className={styles.text}>{text}</Parts.Description>
              )}
            </div>
            <Parts.Close asChild>
              <IconButton label="Dismiss" icon="close" size="small" />
            </Parts.Close>
          </Parts.Root>
        ))}
        <Parts.Viewport className={styles.viewport} />
      </Parts.Provider>
    </NoticesContext>
  );
}

/** Shows notices. */
export function useNotify(): (notice: Notice) => void {
  return useContext(NoticesContext);
}

/** Shows what went wrong as a notice: for `onError` of mutations. */
export function useNotifyProblem(): (error: unknown) => void {
  const notify = useNotify();
  return useCallback(
    (error) => {
      const { title, detail } = problemOf(error);
      notify({ tone: 'bad', title, text: detail });
    },
    [notify],
  );
}
