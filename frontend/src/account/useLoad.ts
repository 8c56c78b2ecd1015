import { useCallback, useEffect, useState } from 'react';
import type { Problem } from '../login/answer';
import { call } from './api';
import { useSite } from './context';

export type Loading<T> =
  | { status: 'loading' }
  | { status: 'failed'; problem: Problem }
  | { status: 'ready'; value: T };

export interface Load<T> {
  state: Loading<T>;
  retry: () => void;
  change: (update: (value: T) => T) => void;
}

/** What a page shows of the API. */
export function useLoad<T>(path: string): Load<T> {
  const { signIn } = useSite();
  const [state, setState] = useState<Loading<T>>({ status: 'loading' });

  const load = useCallback(async (): Promise<Loading<T>> => {
    const outcome = await call<T>('GET', path);
    if (outcome.ok) return { status: 'ready', value: outcome.value };
    if (outcome.problem.code !== 'unauthenticated') return { status: 'failed', problem: outcome.problem };
    signIn();
    return { status: 'loading' };
  }, [path, signIn]);

  useEffect(() => {
    let gone = false;
    void load().then((found) => { if (!gone) setState(found); });
    return () => { gone = true; };
  }, [load]);

  return {
    state,
    retry: () => {
      setState({ status: 'loading' });
      void load().then(setState);
    },
    change: (update) => {
      setState((now) => (now.status === 'ready' ? { status: 'ready', value: update(now.value) } : now));
    },
  };
}
