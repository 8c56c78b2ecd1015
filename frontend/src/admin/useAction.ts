import { useEffect, useRef, useState } from 'react';
import { askForFactor } from './factor';
import { forget, keep, kept } from './kept';
import { leftFor } from './leave';
import { useMe } from './me';
import { asProblem, Problem } from './problem';

export const factorCode = 'second_factor_required';

export interface Action {
  busy: boolean;
  /** What went wrong the last time; each time is a new object. */
  problem: Problem | null;
  refuse: (problem: Problem | null) => void;
  /**
   * Does the work and calls `done` with its answer; the action stays busy until that has ended. `entries` are what is
   * kept in the tab over a sign-in, without secrets.
   */
  run: <T>(work: () => Promise<T>, done: (value: T) => unknown, entries?: object) => void;
  /** Goes on if a second factor was shown lately, so that nothing is typed in vain. For what needs one. */
  begin: (then: () => void) => void;
}

/**
 * Something a person does. While it is under way, doing it again does nothing. `what` names the entries that outlive a
 * sign-in in between; useKept gives them back.
 */
export function useAction(what = ''): Action {
  const me = useMe();
  const under = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, refuse] = useState<Problem | null>(null);
  const turn = (on: boolean) => {
    under.current = on;
    setBusy(on);
  };

  const attempt = async (work: () => Promise<() => unknown>, entries: object | undefined) => {
    if (under.current) return;
    turn(true);
    try {
      const done = await work();
      refuse(null);
      await done();
    } catch (error) {
      const found = asProblem(error);
      if (what && (found.code === 'unauthenticated' || found.code === factorCode)) keep(what, entries);
      // Busy to the end where the page is left.
      if (leftFor(found)) return;
      if (found.code === factorCode) askForFactor(found);
      else refuse(found);
    }
    turn(false);
  };

  return {
    busy,
    problem,
    refuse,
    run: (work, done, entries) => {
      void attempt(async () => {
        const value = await work();
        return () => done(value);
      }, entries);
    },
    begin: (then) => {
      refuse(null);
      if (Date.parse(me.recentUntil ?? '') > Date.now()) then();
      else {
        if (what) keep(what);
        askForFactor(new Problem(factorCode));
      }
    },
  };
}

/**
 * What was typed before a sign-in that came in between, once, and whether there was one; `none` without. Whatever it
 * was typed into can open again then.
 */
export function useKept<T extends object>(what: string, none: T): [T, boolean] {
  const [entries] = useState(() => kept(what));
  useEffect(() => {
    if (entries) forget();
  }, [entries]);
  return [{ ...none, ...entries }, Boolean(entries)];
}
