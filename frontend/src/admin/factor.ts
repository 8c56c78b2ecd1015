// That a second factor is asked for, from wherever it is; the frame says it in a dialog.

import { useSyncExternalStore } from 'react';
import { forget } from './kept';
import type { Problem } from './problem';

let asked: Problem | null = null;
const listeners = new Set<() => void>();

function set(problem: Problem | null) {
  asked = problem;
  for (const listener of listeners) listener();
}

export const askForFactor = (problem: Problem) => { set(problem); };
/** Goes on without: what was kept for the way back is still on the page. */
export const dropFactor = () => {
  forget();
  set(null);
};

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export const useAskedFactor = () => useSyncExternalStore(subscribe, () => asked, () => null);
