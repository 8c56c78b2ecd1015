import { useRef, useState } from 'react';
import { type Problem, problem as problemOf } from '../login/answer';
import type { Outcome } from './api';
import { useSite } from './context';
import { forget, keep } from './kept';
import { signInPath } from './route';

export const staleCode = 'recent_sign_in_required';

type Work<T> = () => Promise<Outcome<T> | null>;

export interface Action {
  busy: boolean;
  /** What went wrong the last time; each time is a new object. */
  problem: Problem | null;
  refuse: (problem: Problem) => void;
  /**
   * Does the work, which is null if the person called it off, and calls `done` when the API has said yes; the
   * action stays busy until that has ended. `entries` are what is kept over a sign-in.
   */
  run: <T>(work: Work<T>, done: (value: T) => unknown, entries?: Record<string, string>) => void;
  /** Goes on if the sign-in is recent enough for what follows, so that nothing is typed in vain. */
  begin: (then: () => void) => void;
}

/**
 * Something a person does. While it is under way, doing it again does nothing. What it is called keeps what was
 * typed over a sign-in that the API asks for in between.
 */
export function useAction(what = ''): Action {
  const { page, overview, signIn } = useSite();
  const under = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, refuse] = useState<Problem | null>(null);
  const turn = (on: boolean) => {
    under.current = on;
    setBusy(on);
  };

  const attempt = async <T>(work: Work<T>, done: (value: T) => unknown, entries?: Record<string, string>) => {
    if (under.current) return;
    turn(true);
    const outcome = await work();
    if (outcome?.ok) {
      refuse(null);
      await done(outcome.value);
    } else if (outcome?.problem.code === 'unauthenticated') {
      // Busy to the end: the page is left.
      signIn();
      return;
    } else {
      if (what && outcome?.problem.code === staleCode) keep(what, entries);
      refuse(outcome?.problem ?? null);
    }
    turn(false);
  };

  return {
    busy,
    problem,
    refuse,
    run: (work, done, entries) => { void attempt(work, done, entries); },
    begin: (then) => {
      const until = Date.parse(overview?.session.freshUntil ?? '');
      if (until > Date.now()) {
        forget();
        refuse(null);
        then();
        return;
      }
      if (what) keep(what);
      refuse(problemOf(staleCode, { next: signInPath(page, { fresh: true }) }).problem);
    },
  };
}
