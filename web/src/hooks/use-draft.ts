import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { sessionQuery } from '../api/session.ts';

const prefix = 'metalwright.draft.';

interface DraftState<T> {
  value: T;
  /** It was typed earlier. */
  restored: boolean;
  /** Nothing was typed since the page was opened. */
  untouched: boolean;
  /** Whose it is. Stays when the session ends; undefined until the server has said it. */
  owner: string | undefined;
}

/**
 * What is typed into a form, kept in this tab: it outlives a session that ended and a page that was left. Only for the user who typed it.
 *
 * @param initial fields that a draft of an older page does not have are taken from it
 * @param given what the way to the page says, over what was typed before
 */
export function useDraft<T extends object>(
  name: string,
  initial: T,
  given: Partial<T> = {},
): { value: T; set(change: Partial<T>): void; clear(): void; restored: boolean } {
  const user = useQuery({ ...sessionQuery, enabled: false }).data?.user.name;
  const [state, setState] = useState<DraftState<T>>(() => {
    const fresh = { value: { ...initial, ...given }, restored: false, untouched: true, owner: undefined };
    return user === undefined ? fresh : owned(fresh, user);
  });

  function owned(before: DraftState<T>, owner: string): DraftState<T> {
    const draft = readDraft<T>(name, owner);
    if (!before.untouched || draft === undefined) return { ...before, owner };
    return { value: { ...initial, ...draft, ...given }, restored: true, untouched: true, owner };
  }

  // Who it is may be known later than the page is there, and must be known before a draft is shown or thrown away.
  if (user !== undefined && state.owner === undefined) setState(owned(state, user));

  const set = useCallback((change: Partial<T>) => {
    setState((before) => ({ ...before, value: { ...before.value, ...change }, untouched: false }));
  }, []);
  const clear = useCallback(() => {
    sessionStorage.removeItem(prefix + name);
    setState(({ owner }) => ({ value: initial, restored: false, untouched: true, owner }));
  }, [name, initial]);
  const { value, restored, untouched, owner } = state;
  useEffect(() => {
    if (untouched || owner === undefined) return;
    try {
      sessionStorage.setItem(prefix + name, JSON.stringify({ owner, value }));
    } catch {
      // Storage may be full or switched off; then it lasts as long as the page.
    }
  }, [name, owner, value, untouched]);
  return { value, set, clear, restored };
}

/** The draft of this user; one of another user is thrown away. */
function readDraft<T>(name: string, owner: string): Partial<T> | undefined {
  const text = sessionStorage.getItem(prefix + name);
  if (text === null) return undefined;
  try {
    const draft: { owner: string; value: Partial<T> } = JSON.parse(text);
    if (draft.owner === owner) return draft.value;
  } catch {
    // What cannot be read is of another version.
  }
  sessionStorage.removeItem(prefix + name);
  return undefined;
}
