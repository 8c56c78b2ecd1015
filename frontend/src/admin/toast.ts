// What went well, said politely at the edge of the page for a while.

import { useSyncExternalStore } from 'react';

export interface Toast {
  id: number;
  text: string;
}

const shown = 6000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says that something is done. */
export function say(text: string): void {
  last += 1;
  const id = last;
  set([...toasts.slice(-2), { id, text }]);
  setTimeout(() => { set(toasts.filter((toast) => toast.id !== id)); }, shown);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

export const useToasts = () => useSyncExternalStore(subscribe, () => toasts, () => toasts);
